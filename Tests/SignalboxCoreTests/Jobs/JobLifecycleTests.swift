import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle")
struct JobLifecycleTests {
    let policy = JobPolicy(
        launchLeaseSeconds: 10,
        startLeaseSeconds: 100,
        leaseSeconds: 30,
        attemptsMax: 3,
        preemptionsMax: 4
    )
    var lifecycle: JobLifecycle { JobLifecycle(policy: policy) }
    let now = Sample.now

    @Test("claims an attempt with its intent, launches it, and goes through to the end")
    func straight() {
        let job = Sample.job()
        let claimed = lifecycle.step(job, .attended(launcher: "a", tier: "local"), now: now)
        #expect(claimed.actions == [.launch(attempt: 1)])
        #expect(claimed.job.attempt == 1)
        #expect(claimed.job.tier == "local")
        #expect(claimed.job.lease == Job.Lease(holder: "a", expiresAt: now + .seconds(10)))
        let launched = lifecycle.step(claimed.job, .launched(attempt: 1, handle: "h"), now: now)
        #expect(launched.actions.isEmpty)
        #expect(launched.job.handle == "h")
        #expect(launched.job.lease == Job.Lease(holder: "h", expiresAt: now + .seconds(100)))
        let progress = Job.Progress(step: 5, totalSteps: 10, loss: 0.5)
        let running = lifecycle.step(launched.job, .heartbeat(attempt: 1, progress: progress), now: now)
        #expect(running.job.progress == progress)
        #expect(running.job.lease == Job.Lease(holder: "h", expiresAt: now + .seconds(30)))
        let silent = lifecycle.step(running.job, .heartbeat(attempt: 1, progress: nil), now: now + .seconds(1))
        #expect(silent.job.progress == progress)
        let completed = lifecycle.step(silent.job, .completed(attempt: 1, Sample.result), now: now)
        #expect(completed.job.result == Sample.result)
        #expect(completed.job.lease == nil)
        let done = Job.Progress(
            step: Sample.result.steps,
            totalSteps: Sample.result.steps,
            loss: Sample.result.finalLoss
        )
        #expect(completed.job.progress == done)
    }

    @Test("a second launcher waits for the first one's lease, then looks before it launches")
    func takeOver() {
        let claimed = lifecycle.step(Sample.job(), .attended(launcher: "a", tier: "local"), now: now).job
        let second = JobInput.attended(launcher: "b", tier: "vertex")
        let early = lifecycle.step(claimed, second, now: now + .seconds(9))
        #expect(early.actions == [.wait(until: now + .seconds(10))])
        #expect(early.job == claimed)
        let late = lifecycle.step(claimed, second, now: now + .seconds(10))
        #expect(late.actions == [.find(attempt: 1)])
        #expect(late.job.lease?.holder == "b")
        #expect(late.job.tier == "local")
        let missing = lifecycle.step(late.job, .found(attempt: 1, handle: nil), now: now + .seconds(11))
        #expect(missing.actions == [.launch(attempt: 1)])
        #expect(missing.job.attempt == 1)
    }

    @Test("a trainer may be faster than its launcher")
    func fastTrainer() {
        let claimed = lifecycle.step(Sample.job(), .attended(launcher: "a", tier: "local"), now: now).job
        let running = lifecycle.step(claimed, .heartbeat(attempt: 1, progress: nil), now: now + .seconds(5)).job
        #expect(running.phase == .running)
        let launched = lifecycle.step(running, .launched(attempt: 1, handle: "h"), now: now + .seconds(6)).job
        #expect(launched.phase == .running)
        #expect(launched.handle == "h")
        #expect(launched.lease == running.lease)
    }

    @Test("an unreachable tier is no evidence until it was silent for a whole lease")
    func unreachableTier() {
        var job = running(leaseExpiresAt: now)
        for second in 0..<30 {
            let transition = lifecycle.step(job, .inspected(attempt: 1, state: nil), now: now + .seconds(second))
            #expect(transition.decision == .tierUnreachable)
            #expect(transition.actions == [.wait(until: now + .seconds(30))])
            #expect(transition.job.phase == .running)
            #expect(transition.job.lease?.tierSilentSince == now)
            job = transition.job
        }
        let over = lifecycle.step(job, .inspected(attempt: 1, state: nil), now: now + .seconds(30))
        #expect(over.decision == .attemptGivenUp)
        #expect(over.job.recoveries.map(\.cause) == [.silent])
    }

    @Test("a word of the trainer or of the tier ends the silence", arguments: [true, false])
    func silenceEnds(byTrainer: Bool) {
        let silent = lifecycle.step(running(leaseExpiresAt: now), .inspected(attempt: 1, state: nil), now: now).job
        let word = byTrainer ? JobInput.heartbeat(attempt: 1, progress: nil) : .inspected(attempt: 1, state: .running)
        let heard = lifecycle.step(silent, word, now: now + .seconds(20)).job
        #expect(heard.lease?.expiresAt == now + .seconds(50))
        #expect(heard.lease?.tierSilentSince == nil)
        let again = lifecycle.step(heard, .inspected(attempt: 1, state: nil), now: now + .seconds(50))
        #expect(again.decision == .tierUnreachable)
    }

    @Test(
        "a trainer whose heartbeat is fresh is never stopped, whatever the tier says",
        arguments: [nil, .gone, .preempted, .ended(detail: "?"), .starting, .running] as [RunState?]
    )
    func freshHeartbeat(state: RunState?) {
        let job = running(leaseExpiresAt: now + .microseconds(1))
        let transition = lifecycle.step(job, .inspected(attempt: 1, state: state), now: now)
        #expect(transition.job == job)
        #expect(transition.actions.isEmpty)
        #expect(transition.decision == .ignored)
        let attended = lifecycle.step(job, .attended(launcher: "a", tier: "local"), now: now)
        #expect(attended.job == job)
        #expect(attended.actions.isEmpty)
        #expect(attended.decision == .leaseFresh)
    }

    @Test("lost attempts are counted, and the last one fails the job")
    func attempts() {
        var job = Sample.job()
        for attempt in 1...3 {
            job = lifecycle.step(job, .attended(launcher: "a", tier: "local"), now: now).job
            #expect(job.attempt == attempt)
            let refused = JobInput.launchRefused(attempt: attempt, message: "capacity", isTransient: true)
            job = lifecycle.step(job, refused, now: now).job
            #expect(job.recoveries.count == attempt)
            #expect(job.phase == (attempt < 3 ? .pending : .failed))
        }
        #expect(job.failure?.code == .attemptsExhausted)
        #expect(job.recoveries.map(\.attempt) == [1, 2, 3])
    }

    @Test("preemptions have a budget of their own")
    func preemptions() {
        var job = Sample.job()
        for attempt in 1...5 {
            job = lifecycle.step(job, .attended(launcher: "a", tier: "local"), now: now).job
            job = lifecycle.step(job, .preempted(attempt: attempt), now: now).job
            #expect(job.phase == (attempt < 5 ? .pending : .failed))
        }
        #expect(job.recoveries.allSatisfy { $0.cause == .preempted })
        #expect(job.failure?.code == .attemptsExhausted)
    }

    @Test("a cancelled job fails at the next look and its run is stopped", arguments: Job.Phase.allCases)
    func cancel(phase: Job.Phase) {
        var job = Sample.job(phase, attempt: 1, lease: Job.Lease(holder: "x", expiresAt: now + .seconds(5)))
        job.cancelRequested = true
        let transition = lifecycle.step(job, .attended(launcher: "a", tier: "local"), now: now)
        guard !phase.isTerminal else {
            #expect(transition.decision == .terminal)
            return
        }
        #expect(transition.job.failure?.code == .cancelled)
        #expect(transition.job.phase == .failed)
        #expect(transition.actions == (job.handle.map { [.cancel(handle: $0)] } ?? []))
        let heartbeat = lifecycle.step(transition.job, .heartbeat(attempt: 1, progress: nil), now: now)
        #expect(heartbeat.decision == .terminal)
    }

    @Test("updated_at strictly advances, also when the clock stands still or goes back; created_at never changes")
    func times() {
        var job = Sample.job()
        let clocks: [Duration] = [.zero, .zero, .seconds(-3600), .nanoseconds(1), .seconds(5), .seconds(-5)]
        for round in 0..<60 {
            let time = now + clocks[round % clocks.count]
            let attempt = job.attempt
            let input: JobInput =
                job.phase == .pending
                ? .attended(launcher: "a", tier: "local") : .heartbeat(attempt: attempt, progress: progress(round))
            let next = lifecycle.step(job, input, now: time).job
            #expect(next.updatedAt > job.updatedAt)
            #expect(next.updatedAt.truncatedToMicroseconds == next.updatedAt)
            #expect(next.createdAt == now)
            job = next
        }
    }

    /// A write is an event, and an event is a look: a look that always changed something would never end.
    @Test("a look that finds nothing to do changes nothing, also where the loss is no number")
    func quiet() {
        var job = running(leaseExpiresAt: now + .seconds(10))
        job.progress = Job.Progress(step: 1, totalSteps: 2, loss: .nan)
        let transition = lifecycle.step(job, .attended(launcher: "a", tier: "local"), now: now + .seconds(1))
        #expect(transition.job == job)
        #expect(transition.job.updatedAt == job.updatedAt)
    }

    private func progress(_ step: Int) -> Job.Progress { Job.Progress(step: step, totalSteps: 100, loss: 1) }

    private func running(leaseExpiresAt time: Timestamp) -> Job {
        Sample.job(.running, attempt: 1, lease: Job.Lease(holder: "handle-1", expiresAt: time))
    }
}
