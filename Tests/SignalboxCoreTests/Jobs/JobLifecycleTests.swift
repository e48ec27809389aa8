import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle")
struct JobLifecycleTests {
    static let policy = JobPolicy(launchLeaseSeconds: 10, startLeaseSeconds: 100, leaseSeconds: 30)
    let now = Sample.now

    private func bench(_ job: Job = Sample.job()) -> LifecycleBench { LifecycleBench(job, policy: Self.policy) }

    /// A bench whose run's lease is over now.
    private func silent() -> LifecycleBench {
        bench(Sample.job(.running, attempt: 1, lease: Job.Lease(holder: Sample.runner, expiresAt: now)))
    }

    @Test("claims an attempt with its intent, launches it, and goes through to the end")
    func straight() {
        var bench = bench()
        #expect(bench.attend("a").actions == [.launch(attempt: 1)])
        #expect(bench.job.attempt == 1)
        #expect(bench.job.placement?.place == Place(tier: "scripted"))
        #expect(bench.job.lease == Job.Lease(holder: "a", expiresAt: now + .seconds(10)))
        #expect(bench.step(.launched(attempt: 1, handle: "h")).actions.isEmpty)
        #expect(bench.job.handle == "h")
        #expect(bench.job.lease == Job.Lease(holder: "h", expiresAt: now + .seconds(100)))
        let progress = Job.Progress(step: 5, totalSteps: 10, loss: 0.5)
        bench.step(.heartbeat(attempt: 1, runner: "r", progress: progress))
        #expect(bench.job.progress == progress)
        #expect(bench.job.lease == Job.Lease(holder: "r", expiresAt: now + .seconds(30)))
        bench.step(.heartbeat(attempt: 1, runner: "r", progress: nil), after: 1)
        #expect(bench.job.progress == progress)
        bench.step(.completed(attempt: 1, runner: "r", Sample.result))
        #expect(bench.job.result == Sample.result)
        #expect(bench.job.lease == nil)
        let steps = Sample.result.steps
        #expect(bench.job.progress == Job.Progress(step: steps, totalSteps: steps, loss: Sample.result.finalLoss ?? 0))
    }

    @Test("a second launcher waits for the first one's lease, then looks before it launches")
    func takeOver() {
        var bench = bench()
        bench.attend("a")
        let claimed = bench.job
        bench.ladder = Ladder([Ladder.Rung(place: Place(tier: "second"))])
        #expect(bench.attend("b", after: 9).actions == [.wait(until: now + .seconds(10))])
        #expect(bench.job == claimed)
        #expect(bench.attend("b", after: 1).actions == [.find(attempt: 1)])
        #expect(bench.job.lease?.holder == "b")
        #expect(bench.job.placement?.place.tier == "scripted")
        // The first one's answer, noted late: it is not the first one's to launch any more.
        #expect(bench.step(.found(attempt: 1, handle: nil, launcher: "a")).actions.isEmpty)
        let missing = bench.step(.found(attempt: 1, handle: nil, launcher: "b"), after: 1)
        #expect(missing.actions == [.launch(attempt: 1)])
        #expect(bench.job.attempt == 1)
    }

    @Test("a trainer may be faster than its launcher")
    func fastTrainer() {
        var bench = bench()
        bench.attend()
        bench.heartbeat(after: 5)
        #expect(bench.job.phase == .running)
        let lease = bench.job.lease
        bench.step(.launched(attempt: 1, handle: "h"), after: 1)
        #expect(bench.job.phase == .running)
        #expect(bench.job.handle == "h")
        #expect(bench.job.lease == lease)
    }

    @Test("an unreachable tier is no evidence until it was silent for a whole lease")
    func unreachableTier() {
        var bench = silent()
        for second in 0..<30 {
            let transition = bench.inspect(nil, after: second == 0 ? 0 : 1)
            #expect(transition.decision == .tierUnreachable)
            #expect(transition.actions == [.wait(until: now + .seconds(30))])
            #expect(transition.job.phase == .running)
            #expect(transition.job.lease?.tierSilentSince == now)
        }
        #expect(bench.inspect(nil, after: 1).decision == .attemptGivenUp)
        #expect(bench.job.recoveries.map(\.cause) == [.silent])
    }

    @Test("a word of the trainer or of the tier ends the silence", arguments: [true, false])
    func silenceEnds(byTrainer: Bool) {
        var bench = silent()
        bench.inspect(nil)
        if byTrainer { bench.heartbeat(after: 20) } else { bench.inspect(.running, after: 20) }
        #expect(bench.job.lease?.expiresAt == now + .seconds(50))
        #expect(bench.job.lease?.tierSilentSince == nil)
        #expect(bench.inspect(nil, after: 30).decision == .tierUnreachable)
    }

    @Test(
        "a trainer whose heartbeat is fresh is never stopped, whatever the tier says",
        arguments: [nil, .gone, .preempted, .ended(detail: "?"), .lost(detail: "?"), .starting, .running] as [RunState?]
    )
    func freshHeartbeat(state: RunState?) {
        let lease = Job.Lease(holder: Sample.runner, expiresAt: now + .microseconds(1))
        var bench = bench(Sample.job(.running, attempt: 1, lease: lease))
        let job = bench.job
        let transition = bench.inspect(state)
        #expect(transition.job == job)
        #expect(transition.actions.isEmpty)
        #expect(transition.decision == .ignored)
        let attended = bench.attend()
        #expect(attended.job == job)
        #expect(attended.actions.isEmpty)
        #expect(attended.decision == .leaseFresh)
    }

    @Test(
        "a cancelled job that nobody trains fails at the next look and its run is stopped",
        arguments: Job.Phase.allCases
    )
    func cancel(phase: Job.Phase) {
        let end = phase == .running ? now : now + .seconds(5)
        var bench = bench(Sample.job(phase, attempt: 1, lease: Job.Lease(holder: "x", expiresAt: end)))
        bench.job.cancelRequested = true
        let handle = bench.job.handle
        let transition = bench.attend()
        guard !phase.isTerminal else {
            #expect(transition.decision == .terminal)
            return
        }
        #expect(bench.job.failure == Job.Failure(.cancelled, "cancelled on request"))
        #expect(bench.job.phase == .failed)
        #expect(bench.job.stopBy == nil)
        #expect(transition.actions == (handle.map { [.cancel(handle: $0)] } ?? []))
        #expect(bench.heartbeat().decision == .terminal)
    }

    @Test("updated_at strictly advances, also when the clock stands still or goes back; created_at never changes")
    func times() {
        var bench = bench()
        let clocks: [Duration] = [.zero, .zero, .seconds(-3600), .nanoseconds(1), .seconds(5), .seconds(-5)]
        for round in 0..<60 {
            let before = bench.job
            bench.now = now + clocks[round % clocks.count]
            let progress = Job.Progress(step: round, totalSteps: 60, loss: 1)
            let heartbeat = JobInput.heartbeat(attempt: before.attempt, runner: "r", progress: progress)
            if before.phase == .pending { bench.attend() } else { bench.step(heartbeat) }
            #expect(bench.job.updatedAt > before.updatedAt)
            #expect(bench.job.updatedAt.truncatedToMicroseconds == bench.job.updatedAt)
            #expect(bench.job.createdAt == now)
        }
    }

    /// A write is an event, and an event is a look: a look that always changed something would never end.
    @Test("a look that finds nothing to do changes nothing, also where the loss is no number")
    func quiet() {
        let lease = Job.Lease(holder: Sample.runner, expiresAt: now + .seconds(10))
        var bench = bench(Sample.job(.running, attempt: 1, lease: lease))
        bench.job.progress = Job.Progress(step: 1, totalSteps: 2, loss: .nan)
        let job = bench.job
        bench.attend(after: 1)
        #expect(bench.job == job)
        #expect(bench.job.updatedAt == job.updatedAt)
    }

    @Test("a job that is not over at its deadline is to stop, and fails", arguments: [false, true])
    func deadline(isRetried: Bool) {
        var bench = LifecycleBench(policy: JobPolicy(jobSecondsMax: 1000))
        var start = now
        if isRetried {
            bench.run()
            bench.step(.failed(attempt: 1, runner: Sample.runner, Job.Failure(.diverged, "x")), after: 500)
            bench.step(.retried(tier: nil, spendMaxUSD: nil), after: 5000)
            start = bench.now
        }
        bench.run()
        bench.now = start + .seconds(990)
        bench.heartbeat()
        #expect(bench.attend(after: 9).decision == .leaseFresh)
        #expect(bench.attend(after: 1).decision == .stopRequested)
        let over = bench.attend(after: 60)
        #expect(over.decision == .failed)
        #expect(over.actions == [.cancel(handle: "run-\(bench.job.attempt)")])
        #expect(bench.job.failure?.code == .deadlineExceeded)
        #expect(bench.job.failure?.message.contains("1000 s") == true)
    }
}
