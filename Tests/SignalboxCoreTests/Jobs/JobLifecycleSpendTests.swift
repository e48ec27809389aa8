import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle and money")
struct JobLifecycleSpendTests {
    static let ladder = Ladder([Ladder.Rung(place: Place(tier: "scripted"), usdPerHour: 2)])

    private func bench(cap: Double? = nil, policy: JobPolicy = JobPolicy()) -> LifecycleBench {
        var job = Sample.job()
        job.config.spendMaxUSD = cap
        return LifecycleBench(job, policy: policy, ladder: Self.ladder)
    }

    @Test(
        "a cap bounds the run: what is left, by the price of an hour, less the time to stop",
        arguments: [(1, 1680), (0.5, 780), (100, 86_400), (0.11, 78)] as [(Double, Int)]
    )
    func runSeconds(cap: Double, seconds: Int) {
        var bench = bench(cap: cap)
        bench.claim()
        #expect(bench.job.placement?.runSecondsMax == seconds)
        #expect(bench.job.placement?.usdPerHour == 2)
    }

    @Test("less than a minute is not worth a launch")
    func tooLittle() {
        var bench = bench(cap: 0.099)
        #expect(bench.attend().decision == .failed)
        #expect(bench.job.failure?.code == .spendCapReached)
        #expect(bench.job.attempt == 0)
    }

    @Test("a heartbeat whose stop would pass the cap asks the trainer to stop, and its end is the job's")
    func stops() {
        var bench = bench(cap: 1)
        bench.run()
        for _ in 0..<55 { #expect(bench.heartbeat(after: 30).decision == .heartbeat) }
        #expect(bench.heartbeat(after: 30).decision == .stopRequested)
        #expect(bench.job.stopReason == .spendCap)
        #expect(bench.job.phase == .running)
        #expect(bench.heartbeat(after: 10).decision == .stopRequested)
        bench.step(.preempted(attempt: 1, runner: Sample.runner), after: 26)
        #expect(bench.job.phase == .failed)
        #expect(bench.job.failure?.code == .spendCapReached)
        #expect(bench.job.failure?.message == "0.9534 USD of 1.0000 USD are spent; the newest checkpoint is kept")
        #expect(abs(bench.job.spentUSD - 1716.0 / 1800) < 1e-9)
    }

    @Test("what a cap leaves counts from the first second that is paid for, however late the trainer is heard")
    func slowStart() {
        var bench = bench(cap: 1)
        bench.launch()
        bench.heartbeat(after: 600)
        for _ in 0..<39 { bench.heartbeat(after: 30) }
        #expect(bench.job.stopReason == .spendCap)
        #expect(bench.attend(after: 29).decision == .leaseFresh)
        #expect(bench.attend(after: 1).decision == .failed)
        #expect(bench.job.failure?.code == .spendCapReached)
    }

    @Test("a model that is done in the time it takes to stop counts")
    func completes() {
        var bench = bench(cap: 1)
        bench.run()
        bench.heartbeat(after: 1800)
        #expect(bench.job.stopReason == .spendCap)
        #expect(
            bench.step(.completed(attempt: 1, runner: Sample.runner, Sample.result), after: 5).decision == .completed
        )
    }

    @Test("a silent run is ended at its cap by whoever looks")
    func silent() {
        var bench = bench(cap: 1)
        bench.run()
        bench.attend(after: 1799)
        #expect(bench.job.phase == .running)
        let transition = bench.attend(after: 1)
        #expect(transition.actions == [.cancel(handle: "run-1")])
        #expect(bench.job.failure?.code == .spendCapReached)
        #expect(bench.job.recoveries.map(\.cause) == [.overdue])
    }

    @Test("is billed from the launch to the end of the attempt")
    func billing() {
        var bench = bench()
        bench.claim()
        #expect(bench.job.placement?.billedSince == nil)
        bench.step(.launched(attempt: 1, handle: "run-1"), after: 20)
        #expect(bench.job.placement?.billedSince == bench.now)
        bench.heartbeat(after: 100)
        #expect(abs(bench.job.spentUSD(by: bench.now) - 200.0 / 3600) < 1e-12)
        bench.inspect(.gone, after: 800)
        #expect(bench.job.placement?.billedSince == nil)
        #expect(bench.job.spentUSD == 0.5)
        #expect(bench.job.spentUSD(by: bench.now + .seconds(9999)) == 0.5)
    }

    @Test("a run that still waits for its machine costs nothing")
    func queue() {
        var bench = bench()
        bench.launch()
        bench.inspect(.starting, after: 30)
        #expect(bench.job.placement?.billedSince == nil)
        bench.inspect(.starting, after: 600)
        #expect(bench.job.spentUSD(by: bench.now) == 0)
        bench.inspect(.running, after: 600)
        #expect(bench.job.placement?.billedSince == bench.now)
        bench.heartbeat(after: 900)
        #expect(bench.job.spentUSD(by: bench.now) == 0.5)
    }

    @Test(
        "a run that never ran costs nothing, whatever was reckoned with since its launch",
        arguments: [
            RunState.refused(TierError(.capacity, "none left")), .refused(TierError(.quota, "used up")),
            .refused(TierError(.permissionDenied, "no role")), .gone,
        ]
    )
    func neverRan(state: RunState) {
        var bench = bench(cap: 1)
        bench.launch()
        #expect(bench.job.spentUSD(by: bench.now + .seconds(60)) > 0)
        bench.inspect(state, after: 60)
        #expect(bench.job.phase == .pending || bench.job.failure?.code == .launchFailed)
        #expect(bench.job.spentUSD == 0)
        #expect(bench.job.spentUSD(by: bench.now + .seconds(60)) == 0)
    }

    @Test(
        "what the tier or the trainer told of as running is paid for from the launch, however it ends",
        arguments: [
            RunState.refused(TierError(.capacity, "none left")), .gone, .preempted, .lost(detail: "x"),
            .ended(detail: "exit 1"),
        ],
        [true, false]
    )
    func ran(state: RunState, isHeard: Bool) {
        var bench = bench()
        bench.launch()
        if isHeard { bench.heartbeat(after: 30) } else { bench.inspect(.running, after: 30) }
        bench.inspect(state, after: 1770)
        #expect(bench.job.spentUSD == 1)
    }

    @Test(
        "a run of which the first word is that it ended had a machine",
        arguments: [RunState.preempted, .lost(detail: "x"), .ended(detail: "exit 1")]
    )
    func endedUnseen(state: RunState) {
        var bench = bench()
        bench.launch()
        bench.inspect(state, after: 1800)
        #expect(bench.job.spentUSD == 1)
    }

    @Test("what ran before the trainer's first word stays paid when the run waits for a machine again")
    func requeuedEarly() {
        var bench = bench()
        bench.launch()
        bench.inspect(.running, after: 30)
        bench.inspect(.starting, after: 1770)
        bench.inspect(.refused(TierError(.capacity, "none left")), after: 1800)
        #expect(bench.job.spentUSD == 1)
    }

    @Test("a heartbeat begins the bill where no look did")
    func heartbeatBills() {
        var bench = bench()
        bench.launch()
        bench.inspect(.starting, after: 30)
        bench.heartbeat(after: 30)
        #expect(bench.job.placement?.billedSince == bench.now)
    }

    @Test("what was paid stays paid when a running run waits for a machine again")
    func requeued() {
        var bench = bench()
        bench.run()
        bench.inspect(.starting, after: 1800)
        #expect(bench.job.spentUSD(by: bench.now) == 1)
    }

    @Test("sums up over the attempts, and a cap counts all of them")
    func sum() {
        var bench = bench(cap: 1.5)
        for attempt in 1...2 {
            bench.run()
            #expect(bench.job.placement?.runSecondsMax == (attempt == 1 ? 2580 : 1680))
            bench.inspect(.preempted, after: 900)
            #expect(bench.job.spentUSD == 0.5 * Double(attempt))
        }
        bench.run()
        #expect(bench.job.placement?.runSecondsMax == 780)
        bench.heartbeat(after: 780)
        #expect(bench.job.stopReason == .spendCap)
        bench.inspect(.gone, after: 60)
        #expect(bench.job.failure?.code == .spendCapReached)
    }

    @Test("a retry with a higher cap goes on from what is spent; one with the same cap does not")
    func retry() {
        var bench = bench(cap: 1)
        bench.run()
        bench.heartbeat(after: 1800)
        bench.step(.preempted(attempt: 1, runner: Sample.runner))
        bench.step(.retried(tier: nil, spendMaxUSD: nil))
        bench.step(.released(attempt: 1))
        #expect(bench.attend().decision == .failed)
        #expect(bench.job.failure?.code == .spendCapReached)
        bench.step(.retried(tier: nil, spendMaxUSD: 1.5))
        #expect(bench.job.stopReason == nil)
        #expect(bench.attend().decision == .attemptClaimed)
        #expect(bench.job.placement?.runSecondsMax == 780)
        #expect(bench.job.spentUSD == 1)
        bench.step(.launched(attempt: 2, handle: "run-2"))
        #expect(bench.heartbeat(after: 600).decision == .heartbeat)
    }

    @Test("after two losses on spot machines a job stays there where nothing else can be paid for")
    func staysOnSpot() throws {
        var bench = bench(cap: 1)
        bench.ladder = Ladder([
            Ladder.Rung(place: Place(tier: "scripted"), usdPerHour: 8),
            Ladder.Rung(place: try #require(Place("scripted/-/-/spot")), usdPerHour: 1),
        ])
        for _ in 0..<2 {
            bench.run()
            bench.inspect(.preempted, after: 1200)
        }
        #expect(abs(bench.job.spentUSD - 2.0 / 3) < 1e-9)
        bench.run()
        #expect(bench.job.placement?.place.provisioning == .spot)
        #expect(bench.job.placement?.choices == 1)
    }

    @Test("a free place under a cap may run as long as any")
    func free() {
        var bench = bench(cap: 1)
        bench.ladder = Ladder([Ladder.Rung(place: Place(tier: "scripted"), usdPerHour: 0)])
        bench.run()
        #expect(bench.job.placement?.runSecondsMax == 86_400)
        #expect(bench.heartbeat(after: 80_000).decision == .heartbeat)
    }

    @Test(
        "amounts are written to a hundredth of a cent",
        arguments: [
            (0, "0.0000 USD"), (1.5, "1.5000 USD"), (0.00001, "0.0001 USD"), (0.0051, "0.0051 USD"),
            (12.3456, "12.3456 USD"), (-0.5, "-0.5000 USD"), (1e15, "1000000000000000.0 USD"), (.infinity, "inf USD"),
        ] as [(Double, String)]
    )
    func text(amount: Double, text: String) { #expect(USD.text(amount) == text) }
}
