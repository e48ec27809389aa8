import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle's table")
struct JobLifecycleTableTests {
    let lifecycle = JobLifecycle()
    let now = tableUpdatedAt

    @Test("holds for every input in every phase", arguments: LifecycleRow.all, Job.Phase.allCases)
    func pair(row: LifecycleRow, phase: Job.Phase) {
        let job = job(phase, isLeaseFresh: row.isLeaseFresh)
        let transition = lifecycle.step(job, row.input, now: now)
        let expected = row.outcome(in: phase)
        #expect(transition.decision == expected.decision)
        #expect(transition.job.phase == expected.phase)
        checkInvariants(job, transition)
    }

    @Test("has a row for every kind of input")
    func everyKind() {
        #expect(Set(LifecycleRow.all.map(\.input.kind)) == Set(JobInput.Kind.allCases))
    }

    @Test("leaves a job alone that is at another attempt", arguments: LifecycleRow.all, Job.Phase.allCases)
    func staleAttempt(row: LifecycleRow, phase: Job.Phase) throws {
        for attempt in [tableAttempt - 1, tableAttempt + 1] {
            guard let input = row.input.about(attempt: attempt) else { continue }
            let job = job(phase, isLeaseFresh: row.isLeaseFresh)
            let transition = lifecycle.step(job, input, now: now)
            #expect(transition.decision == (phase.isTerminal ? .terminal : .staleAttempt))
            #expect(transition.job == job)
            #expect(transition.actions.isEmpty)
        }
    }

    @Test("absorbs in terminal states, but for a retry", arguments: LifecycleRow.all, [Job.Phase.completed, .failed])
    func absorbs(row: LifecycleRow, phase: Job.Phase) {
        if row.input.kind == .retried, phase == .failed { return }
        var job = job(phase, isLeaseFresh: row.isLeaseFresh)
        job.cancelRequested = true
        let transition = lifecycle.step(job, row.input, now: now + .seconds(1_000_000))
        #expect(transition.job == job)
        #expect(transition.actions.isEmpty)
        #expect(transition.decision == .terminal)
    }

    @Test("changes phases by edges only", arguments: LifecycleRow.all, Job.Phase.allCases)
    func edgesOnly(row: LifecycleRow, phase: Job.Phase) {
        let next = row.outcome(in: phase).phase
        guard next != phase else { return }
        let isEdge = JobLifecycle.edges.contains { $0.from == phase && $0.input == row.input.kind && $0.to == next }
        #expect(isEdge, "\(row.name): \(phase) to \(next)")
    }

    private func job(_ phase: Job.Phase, isLeaseFresh: Bool) -> Job {
        let hasLease = [.launching, .launched, .running].contains(phase)
        let expiresAt = isLeaseFresh ? now + .microseconds(1) : now
        let holder = phase == .running ? Sample.runner : "other"
        let lease = hasLease ? Job.Lease(holder: holder, expiresAt: expiresAt) : nil
        var job = Sample.job(phase, attempt: tableAttempt, lease: lease)
        job.updatedAt = tableUpdatedAt
        return job
    }

    private func checkInvariants(_ job: Job, _ transition: JobTransition) {
        let next = transition.job
        #expect(next.id == job.id)
        #expect(next.createdAt == job.createdAt)
        #expect(next.config == job.config)
        #expect(next.dataset == job.dataset)
        #expect(next == job ? next.updatedAt == job.updatedAt : next.updatedAt > job.updatedAt)
        #expect(next.attempt == job.attempt || (next.attempt == job.attempt + 1 && next.phase == .launching))
        #expect((next.result != nil) == (next.phase == .completed && job.phase != .completed) || next == job)
        #expect((next.failure != nil) == (next.phase == .failed && job.phase != .failed) || next == job)
        let needsLease = [.launching, .launched, .running].contains(next.phase)
        #expect((next.lease != nil) == needsLease)
        #expect(transition.actions.count <= 1)
    }
}
