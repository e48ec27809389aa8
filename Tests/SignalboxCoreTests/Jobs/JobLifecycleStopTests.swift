import SignalboxCore
import Testing
import Wire

/// What is true of a cancel and of the deadline alike: the trainer is asked first.
@Suite("The lifecycle and jobs that are to end before their end")
struct JobLifecycleStopTests {
    /// From being asked to the end: half a lease to hear of it, and the time to stop.
    static let noticeSeconds = 150
    static let reasons: [StopReason] = [.cancelled, .deadline]
    static let deadlineSeconds = 3000

    /// A bench whose trainer has just reported, for a job that is to stop for that reason.
    private func bench(_ reason: StopReason, cap: Double? = nil) -> LifecycleBench {
        var job = Sample.job()
        job.config.spendMaxUSD = cap
        var bench = LifecycleBench(
            job,
            policy: JobPolicy(jobSecondsMax: Self.deadlineSeconds),
            ladder: JobLifecycleSpendTests.ladder
        )
        bench.run()
        bench.heartbeat(after: reason == .deadline ? Self.deadlineSeconds - 1 : 100)
        if reason == .deadline { bench.now = bench.now + .seconds(1) }
        if reason == .cancelled { bench.job.cancelRequested = true }
        return bench
    }

    private func asked(_ reason: StopReason) -> LifecycleBench {
        var bench = bench(reason)
        bench.attend()
        return bench
    }

    @Test("asks a trainer that is heard, once", arguments: reasons)
    func asks(reason: StopReason) throws {
        var bench = bench(reason)
        let lease = try #require(bench.job.lease)
        let transition = bench.attend()
        #expect(transition.decision == .stopRequested)
        #expect(transition.actions == [.wait(until: lease.expiresAt)])
        #expect(bench.job.phase == .running)
        #expect(bench.job.stopReason == reason)
        #expect(bench.job.stopBy == bench.now + .seconds(Self.noticeSeconds))
        let job = bench.job
        #expect(bench.attend(after: 10).decision == .stopRequested)
        #expect(bench.job == job)
        #expect(bench.heartbeat(after: 10).decision == .stopRequested)
        #expect(bench.job.stopReason == reason)
        #expect(bench.job.stopBy == job.stopBy)
    }

    @Test("tells the trainer at its next report, though nobody looked", arguments: reasons)
    func reports(reason: StopReason) {
        var bench = bench(reason)
        #expect(bench.heartbeat(after: 10).decision == .stopRequested)
        #expect(bench.job.stopReason == reason)
        #expect(bench.job.stopBy == bench.now + .seconds(Self.noticeSeconds))
    }

    @Test("ends the run of a trainer that reports on, when its time is over", arguments: reasons)
    func enforces(reason: StopReason) {
        var bench = asked(reason)
        for _ in 0..<5 {
            #expect(bench.attend().decision == .stopRequested)
            #expect(bench.heartbeat(after: 30).decision == .stopRequested)
        }
        let transition = bench.attend()
        #expect(transition.decision == .failed)
        #expect(transition.actions == [.cancel(handle: "run-1")])
        #expect(bench.job.failure?.code == reason.failureCode)
        #expect(bench.job.failure?.message.hasSuffix("; its trainer did not stop in time") == true)
        #expect(bench.job.isReleasing)
        #expect(bench.heartbeat().decision == .terminal)
    }

    @Test("waits no longer than the lease of a trainer that goes silent", arguments: reasons)
    func silence(reason: StopReason) throws {
        var bench = asked(reason)
        bench.now = try #require(bench.job.lease).expiresAt
        #expect(bench.attend().decision == .failed)
        #expect(bench.job.failure?.code == reason.failureCode)
    }

    @Test("has no time beyond that of its run")
    func overdue() {
        var bench = LifecycleBench(policy: JobPolicy(runSecondsMax: 1000))
        bench.run()
        bench.heartbeat(after: 1050)
        bench.job.cancelRequested = true
        bench.attend()
        #expect(bench.job.stopBy == bench.now + .seconds(70))
    }

    @Test("has half a lease to hear of it, however long that is")
    func longLease() {
        var bench = LifecycleBench(policy: JobPolicy(leaseSeconds: 600))
        bench.run()
        bench.job.cancelRequested = true
        bench.attend()
        #expect(bench.job.stopBy == bench.now + .seconds(420))
    }

    // MARK: - Last words

    /// How a run ends whose trainer was asked to stop.
    struct LastWord: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let cause: RecoveryCause
        let say: @Sendable (inout LifecycleBench) -> Void

        init(_ name: String, _ cause: RecoveryCause, _ say: @escaping @Sendable (inout LifecycleBench) -> Void) {
            testDescription = name
            self.cause = cause
            self.say = say
        }

        /// The trainer's.
        static func report(_ name: String, _ cause: RecoveryCause, _ input: JobInput) -> LastWord {
            LastWord(name, cause) { $0.step(input, after: 20) }
        }

        /// The tier's, once the trainer is silent.
        static func state(_ name: String, _ cause: RecoveryCause, _ state: RunState) -> LastWord {
            LastWord(name, cause) { $0.inspect(state, after: 60) }
        }
    }

    static let lastWords: [LastWord] = [
        .report("stopped", .preempted, .preempted(attempt: 1, runner: Sample.runner, because: .requested)),
        .report("stopped by its machine", .preempted, .preempted(attempt: 1, runner: Sample.runner)),
        .report("out of time", .sessionEnded, .preempted(attempt: 1, runner: Sample.runner, because: .runLimit)),
        .report(
            "failed over what may pass",
            .trainerFailed,
            .failed(attempt: 1, runner: Sample.runner, Job.Failure(.engineFailed, "no device"))
        ),
        .report(
            "failed over what will not",
            .trainerFailed,
            .failed(attempt: 1, runner: Sample.runner, Job.Failure(.diverged, "loss is nan"))
        ),
        .report("canary failed", .canaryFailed, .canary(attempt: 1, runner: Sample.runner, passed: false)),
        .state("gone", .runGone, .gone),
        .state("ended", .runEnded, .ended(detail: "exit 1")),
        .state("taken back", .preempted, .preempted),
        .state("lost", .machineLost, .lost(detail: "host error")),
    ]

    @Test("ends the job for the reason that was given, whatever the last word is", arguments: reasons, lastWords)
    func lastWord(reason: StopReason, word: LastWord) {
        var bench = asked(reason)
        word.say(&bench)
        #expect(bench.job.phase == .failed)
        #expect(bench.job.failure?.code == reason.failureCode)
        #expect(bench.job.failure?.message.hasSuffix("; the newest checkpoint is kept") == true)
        #expect(bench.job.recoveries.map(\.cause) == [word.cause])
    }

    @Test("a model that is done in the time it takes to stop counts", arguments: reasons)
    func completes(reason: StopReason) {
        var bench = asked(reason)
        let word = JobInput.completed(attempt: 1, runner: Sample.runner, Sample.result)
        #expect(bench.step(word, after: 5).decision == .completed)
        #expect(bench.attend().decision == .terminal)
    }

    @Test("at the spend cap a failure that any attempt would meet counts as itself")
    func divergedAtCap() {
        var bench = bench(.cancelled, cap: 1)
        bench.job.cancelRequested = false
        bench.heartbeat(after: 1800)
        #expect(bench.job.stopReason == .spendCap)
        #expect(bench.job.stopBy == nil)
        bench.step(.failed(attempt: 1, runner: Sample.runner, Job.Failure(.diverged, "loss is nan")))
        #expect(bench.job.failure?.code == .diverged)
    }

    // MARK: - Several reasons

    /// A reason that is noted, another that comes, and which of them counts.
    static let pairs: [(StopReason, StopReason, StopReason)] = [
        (.spendCap, .deadline, .deadline), (.spendCap, .cancelled, .cancelled), (.deadline, .cancelled, .cancelled),
        (.cancelled, .deadline, .cancelled), (.cancelled, .cancelled, .cancelled), (.deadline, .deadline, .deadline),
    ]

    @Test("a cancel outranks the deadline, and that the spend cap", arguments: pairs)
    func ranks(noted: StopReason, coming: StopReason, counts: StopReason) {
        var bench = bench(coming)
        bench.job.stopReason = noted
        let stopBy = noted == .spendCap ? nil : bench.now + .seconds(20)
        bench.job.stopBy = stopBy
        bench.attend()
        #expect(bench.job.stopReason == counts)
        // Asked again, a trainer has no more time.
        #expect(bench.job.stopBy == stopBy ?? bench.now + .seconds(Self.noticeSeconds))
    }

    @Test("the spend cap does not take the place of a cancel")
    func capAfterCancel() {
        var bench = bench(.cancelled, cap: 1)
        bench.attend()
        bench.heartbeat(after: 1900)
        #expect(bench.job.stopReason == .cancelled)
    }

    @Test("a retry asks anew", arguments: reasons)
    func retry(reason: StopReason) {
        var bench = asked(reason)
        bench.step(.preempted(attempt: 1, runner: Sample.runner, because: .requested))
        bench.step(.retried(tier: nil, spendMaxUSD: nil))
        #expect(bench.job.stopReason == nil)
        #expect(bench.job.stopBy == nil)
        #expect(!bench.job.cancelRequested)
        bench.run()
        #expect(bench.job.attempt == 2)
        #expect(bench.heartbeat(after: 10).decision == .heartbeat)
    }
}
