import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle's budgets")
struct JobLifecycleBudgetTests {
    /// How an attempt is lost.
    struct Loss: Sendable, CustomTestStringConvertible {
        let cause: RecoveryCause
        let lose: @Sendable (inout LifecycleBench) -> Void

        var testDescription: String { cause.rawValue }

        /// A run that the tier says that of.
        init(_ cause: RecoveryCause, _ state: RunState) {
            self.init(cause) { bench in
                bench.launch()
                bench.inspect(state)
            }
        }

        init(_ cause: RecoveryCause, _ lose: @escaping @Sendable (inout LifecycleBench) -> Void) {
            self.cause = cause
            self.lose = lose
        }
    }

    static let faults = [
        Loss(.runEnded, .ended(detail: "exit 1\nINFO 3")),
        Loss(.specTaken) { bench in
            bench.claim()
            bench.step(.specTaken(attempt: bench.job.attempt, message: "other bytes", launcher: "launcher"))
        },
        Loss(.canaryFailed) { bench in
            bench.run()
            let attempt = bench.job.attempt
            bench.step(.canary(attempt: attempt, runner: Sample.runner, passed: false, log: ["INFO \(attempt)"]))
        },
        Loss(.overdue) { bench in
            bench.run()
            bench.attend(after: JobPolicy().runSecondsMax + 120)
            bench.step(.logRead(attempt: bench.job.attempt, ["INFO \(bench.job.attempt)"]))
        },
    ]

    static let losses = [
        Loss(.runGone, .gone),
        Loss(.machineLost, .lost(detail: "host error")),
        Loss(.preempted, .preempted),
        Loss(.preempted) { bench in
            bench.run()
            bench.step(.preempted(attempt: bench.job.attempt, runner: Sample.runner))
        },
        Loss(.silent) { bench in
            bench.run()
            bench.inspect(nil, after: 60)
            bench.inspect(nil, after: 60)
        },
    ]

    @Test("faults of the code: the third is the last", arguments: faults)
    func lastFault(fault: Loss) {
        var bench = LifecycleBench()
        for attempt in 1...3 {
            fault.lose(&bench)
            #expect(bench.job.recoveries.count == attempt)
            #expect(bench.job.phase == (attempt < 3 ? .pending : .failed))
        }
        #expect(bench.job.recoveries.allSatisfy { $0.cause == fault.cause })
        #expect(bench.job.failure?.code == .attemptsExhausted)
        #expect(bench.job.failure?.message.hasPrefix("attempt 3 was the last: \(fault.cause.rawValue)") == true)
        // A spec that cannot be written has no trainer.
        #expect(bench.job.failure?.message.hasSuffix("\nINFO 3") == (fault.cause != .specTaken))
    }

    @Test("what a trainer gives up over and may pass costs an attempt; the last one's own words are the job's")
    func lastFailure() {
        var bench = LifecycleBench()
        for attempt in 1...3 {
            bench.run()
            let failure = Job.Failure(.engineFailed, "execution_failed: attempt \(attempt)\nmore")
            bench.step(.failed(attempt: attempt, runner: Sample.runner, failure))
            #expect(bench.job.phase == (attempt < 3 ? .pending : .failed))
            #expect(bench.job.failure == (attempt < 3 ? nil : failure))
            #expect(bench.job.isReleasing)
            #expect(bench.job.heldUntil == nil)
        }
        #expect(bench.job.recoveries.map(\.cause) == [.trainerFailed, .trainerFailed])
        #expect(bench.job.recoveries.first?.evidence == "engine_failed: execution_failed: attempt 1 more")
    }

    @Test("what a trainer gives up over ends the job at once where another one would meet it too")
    func finalFailure() {
        for code in JobFailureCode.allCases {
            var bench = LifecycleBench()
            bench.run()
            bench.step(.failed(attempt: 1, runner: Sample.runner, Job.Failure(code, "message")))
            let mayPass = code == .engineFailed || code == .registrationFailed
            #expect(bench.job.phase == (mayPass ? .pending : .failed))
        }
    }

    @Test("at the spend cap what may pass ends the job too")
    func failureAtCap() {
        var bench = LifecycleBench()
        bench.run()
        bench.job.stopReason = .spendCap
        bench.step(.failed(attempt: 1, runner: Sample.runner, Job.Failure(.engineFailed, "message")))
        #expect(bench.job.failure?.code == .spendCapReached)
    }

    @Test("losses of machines: fifty are made good", arguments: losses)
    func lastLoss(loss: Loss) {
        var bench = LifecycleBench(policy: JobPolicy(jobSecondsMax: .max))
        for attempt in 1...51 {
            loss.lose(&bench)
            #expect(bench.job.recoveries.last?.cause == loss.cause)
            #expect(bench.job.phase == (attempt < 51 ? .pending : .failed))
        }
        #expect(bench.job.failure?.code == .attemptsExhausted)
    }

    @Test("sessions that end in time are neither faults nor losses", arguments: [StopCause.sessionLimit, .runLimit])
    func sessions(cause: StopCause) {
        var bench = LifecycleBench(policy: JobPolicy(jobSecondsMax: .max))
        let last = JobPolicy.sessionsMax + 1
        for attempt in 1...last {
            bench.run()
            bench.step(.preempted(attempt: bench.job.attempt, runner: Sample.runner, because: cause))
            #expect(bench.job.recoveries.last?.cause == .sessionEnded)
            #expect(bench.job.phase == (attempt < last ? .pending : .failed))
        }
        #expect(bench.job.recoveries.last?.evidence == "the trainer checkpointed and stopped: \(cause.rawValue)")
        #expect(bench.job.failure?.code == .attemptsExhausted)
    }

    @Test("refusals have a budget of their own")
    func refusals() {
        var bench = LifecycleBench(policy: JobPolicy(refusalsMax: 7, jobSecondsMax: .max))
        for attempt in 1...8 {
            bench.claim()
            bench.refuse(attempt.isMultiple(of: 2) ? .quota : .capacity)
            #expect(bench.job.phase == (attempt < 8 ? .pending : .failed))
        }
        #expect(bench.job.failure?.code == .capacityExhausted)
        #expect(bench.job.failure?.message.hasSuffix("quota: none left") == true)
    }

    @Test("no budget takes from another")
    func apart() {
        let policy = JobPolicy(attemptsMax: 3, preemptionsMax: 5, refusalsMax: 5, jobSecondsMax: .max)
        var bench = LifecycleBench(policy: policy)
        for _ in 1...5 {
            bench.claim()
            bench.refuse()
            Self.losses[0].lose(&bench)
        }
        for _ in 1...2 { Self.faults[0].lose(&bench) }
        #expect(bench.job.phase == .pending)
        #expect(bench.job.attempt == 12)
        Self.faults[0].lose(&bench)
        #expect(bench.job.phase == .failed)
    }

    @Test("a job that was opened anew has them whole again")
    func reopened() {
        var bench = LifecycleBench()
        for _ in 1...3 { Self.faults[0].lose(&bench) }
        #expect(bench.step(.retried(tier: nil, spendMaxUSD: nil)).decision == .reopened)
        for _ in 1...2 { Self.faults[0].lose(&bench) }
        #expect(bench.job.phase == .pending)
        Self.faults[0].lose(&bench)
        #expect(bench.job.phase == .failed)
        #expect(bench.job.attempt == 6)
        #expect(bench.job.recoveries.count == 7)
    }

    @Test("a refusal that no wait mends fails the job at once", arguments: TierError.Code.allCases)
    func forGood(code: TierError.Code) {
        var bench = LifecycleBench()
        bench.claim()
        bench.refuse(code)
        guard code != .capacity, code != .quota else {
            #expect(bench.job.phase == .pending)
            return
        }
        #expect(bench.job.failure == Job.Failure(.launchFailed, "\(code.rawValue): none left"))
    }

    @Test("the last fault's message carries the log, the evidence its first line and its last")
    func log() {
        var bench = LifecycleBench(policy: JobPolicy(attemptsMax: 1))
        bench.launch()
        bench.inspect(.ended(detail: "exit 1\nTraceback\nValueError: no data"))
        let message = "attempt 1 was the last: run_ended, exit 1\nTraceback\nValueError: no data"
        #expect(bench.job.failure?.message == message)
        #expect(bench.job.recoveries.map(\.evidence) == ["exit 1 ValueError: no data"])
    }

    static let details = [
        "", "\n", "exit 1\nmore", "exit 1\r\nmore", "\n\nexit 1", String(repeating: "x", count: 5000),
        String(repeating: "ü", count: 5000), "x" + String(repeating: "ü", count: 5000),
        String(repeating: "€", count: 5000), String(repeating: "🤖", count: 5000),
        "x" + String(repeating: "🤖\n", count: 5000),
    ]

    @Test("evidence is one line of 512 bytes at most, and a message has 4096", arguments: details)
    func texts(detail: String) throws {
        var bench = LifecycleBench(policy: JobPolicy(attemptsMax: 1))
        bench.launch()
        bench.tierFails(TierError(.permissionDenied, detail))
        #expect((bench.job.problem?.message.utf8.count ?? 0) <= 512)
        #expect(try Job(JobDocumentTests.document(bench.job)) == bench.job)
        bench.inspect(.ended(detail: detail))
        let evidence = try #require(bench.job.recoveries.last?.evidence)
        #expect(evidence.utf8.count <= Job.Recovery.evidenceBytesMax)
        #expect(evidence.split(whereSeparator: \.isNewline).count <= 1)
        #expect(!evidence.contains("\u{FFFD}"))
        let message = try #require(bench.job.failure?.message)
        #expect(message.utf8.count <= Job.Failure.messageBytesMax)
        #expect(!message.contains("\u{FFFD}"))
        #expect(detail.hasSuffix(message.suffix(900)) || message.hasSuffix(detail))
        #expect(try Job(JobDocumentTests.document(bench.job)) == bench.job)
    }
}
