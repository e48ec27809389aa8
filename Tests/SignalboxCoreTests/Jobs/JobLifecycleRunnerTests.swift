import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle and a second process of one attempt")
struct JobLifecycleRunnerTests {
    /// A report of a runner.
    struct Report: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let input: @Sendable (_ runner: String) -> JobInput

        init(_ name: String, _ input: @escaping @Sendable (_ runner: String) -> JobInput) {
            testDescription = name
            self.input = input
        }
    }

    static let reports = [
        Report("heartbeat") {
            .heartbeat(attempt: 1, runner: $0, progress: Job.Progress(step: 9, totalSteps: 9, loss: 0))
        },
        Report("canary passed") { .canary(attempt: 1, runner: $0, passed: true) },
        Report("canary failed") { .canary(attempt: 1, runner: $0, passed: false) },
        Report("preempted") { .preempted(attempt: 1, runner: $0) },
        Report("completed") { .completed(attempt: 1, runner: $0, Sample.result) },
        Report("failed") { .failed(attempt: 1, runner: $0, Job.Failure(.diverged, "nan")) },
    ]

    private func running() -> LifecycleBench {
        var bench = LifecycleBench()
        bench.run()
        return bench
    }

    @Test("whoever reports second while the first is heard is one too many", arguments: reports)
    func taken(report: Report) {
        var bench = running()
        let before = bench.job
        for seconds in [0, 1, 58] {
            let transition = bench.step(report.input(Sample.secondRunner), after: seconds)
            #expect(transition.decision == .attemptTaken)
            #expect(transition.actions.isEmpty)
            #expect(bench.job == before)
        }
    }

    @Test("the first is not kept from anything by it", arguments: reports)
    func first(report: Report) {
        var bench = running()
        bench.heartbeat(Sample.secondRunner, after: 1)
        let transition = bench.step(report.input(Sample.runner), after: 1)
        #expect(transition.decision != .attemptTaken)
        #expect(transition.job.updatedAt == bench.now)
    }

    @Test("a second one takes over once the first was silent for a lease; then the first is one too many")
    func takesOver() {
        var bench = running()
        #expect(bench.heartbeat(Sample.secondRunner, after: 59).decision == .attemptTaken)
        #expect(bench.heartbeat(Sample.secondRunner, after: 1).decision == .heartbeat)
        #expect(bench.job.lease?.holder == Sample.secondRunner)
        for report in Self.reports {
            #expect(bench.step(report.input(Sample.runner)).decision == .attemptTaken)
        }
    }

    @Test("a tier's good word keeps the first one's place")
    func tierSpeaks() {
        var bench = running()
        #expect(bench.inspect(.running, after: 60).decision == .leaseExtended)
        #expect(bench.heartbeat(Sample.secondRunner, after: 59).decision == .attemptTaken)
        #expect(bench.heartbeat(after: 0).decision == .heartbeat)
    }

    @Test("reports of a given-up attempt never land", arguments: reports, [true, false])
    func stale(report: Report, isClaimed: Bool) {
        var bench = running()
        bench.inspect(.gone, after: 60)
        if isClaimed { bench.run() }
        let before = bench.job
        let transition = bench.step(report.input(Sample.runner))
        #expect(transition.decision == (isClaimed ? .staleAttempt : .ignored))
        #expect(bench.job == before)
    }
}
