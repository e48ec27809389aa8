import SignalboxCore
import SignalboxTesting
import Testing

@Suite("A job's view of a ladder")
struct LadderViewTests {
    private func rung(_ text: String, max: Double? = nil, price: Double? = nil) throws -> Ladder.Rung {
        Ladder.Rung(place: try #require(Place(text)), usdPerHourMax: max, usdPerHour: price)
    }

    private func lost(_ causes: [RecoveryCause], at place: String = "a/-/-/spot") -> Job {
        var job = Sample.job()
        job.recoveries = causes.map { cause in
            Job.Recovery(at: Sample.now, attempt: 1, cause: cause, place: Place(place), evidence: "")
        }
        return job
    }

    private func usable(_ ladder: Ladder, _ job: Job = Sample.job()) -> [String] {
        LadderView(ladder, for: job).usable.map(\.rung.place.description)
    }

    @Test("spot machines come first, otherwise the order is kept")
    func spotFirst() throws {
        let ladder = try Ladder(parsing: "a b/-/-/spot c d/-/-/spot")
        #expect(usable(ladder) == ["b/-/-/spot", "d/-/-/spot", "a", "c"])
    }

    @Test("a rung above its ceiling is passed over, one at it is not")
    func ceiling() throws {
        let ladder = Ladder([
            try rung("a", max: 1, price: 1.5), try rung("b", max: 1.5, price: 1.5), try rung("c", price: 99),
        ])
        let view = LadderView(ladder, for: Sample.job())
        #expect(view.entries.map(\.reason) == ["1.5000 USD an hour is above its ceiling of 1.0000 USD", nil, nil])
        #expect(view.usable.map(\.rung.place.tier) == ["b", "c"])
    }

    @Test("a price that nobody knows rules a rung out where a ceiling or a cap needs it", arguments: [nil, 5.0])
    func unknownPrice(cap: Double?) throws {
        var job = Sample.job()
        job.config.spendMaxUSD = cap
        let ladder = Ladder([try rung("a"), try rung("b", max: 1), try rung("c", price: 0)])
        #expect(usable(ladder, job) == (cap == nil ? ["a", "c"] : ["c"]))
        let reasons = LadderView(ladder, for: job).entries.compactMap(\.reason)
        #expect(Set(reasons) == ["its price is not known: see SIGNALBOX_PRICES"])
    }

    @Test("a retry's cap counts as the config's does")
    func retryCap() throws {
        var job = Sample.job()
        job.retrySpendMaxUSD = 5
        #expect(usable(Ladder([try rung("a"), try rung("b", price: 1)]), job) == ["b"])
    }

    @Test("a job whose checkpoints do not restore goes to no spot machine", arguments: [nil, true, false])
    func canary(passed: Bool?) throws {
        var job = Sample.job()
        job.canaryPassed = passed
        let ladder = try Ladder(parsing: "a/-/-/spot b")
        #expect(usable(ladder, job) == (passed == false ? ["b"] : ["a/-/-/spot", "b"]))
        let spotOnly = try Ladder(parsing: "a/-/-/spot")
        #expect(usable(spotOnly, job).isEmpty == (passed == false))
    }

    struct Losses: Sendable, CustomTestStringConvertible {
        let causes: [RecoveryCause]
        var place = "a/-/-/spot"
        var ladder = "a/-/-/spot b"
        let leavesSpot: Bool

        var testDescription: String { "\(causes) at \(place), ladder \(ladder)" }
    }

    @Test(
        "two losses on spot machines lead to one that is not taken back, where there is one",
        arguments: [
            Losses(causes: [.preempted], leavesSpot: false),
            Losses(causes: [.preempted, .machineLost], leavesSpot: true),
            Losses(causes: [.runGone, .silent], leavesSpot: true),
            Losses(causes: [.preempted, .runEnded], leavesSpot: false),
            Losses(causes: [.launchRefused, .launchRefused, .preempted], leavesSpot: false),
            Losses(causes: [.preempted, .preempted], place: "b", leavesSpot: false),
            Losses(causes: [.preempted, .preempted, .retried], leavesSpot: false),
            Losses(causes: [.preempted, .retried, .preempted, .preempted], leavesSpot: true),
            Losses(causes: [.preempted, .preempted], ladder: "a/-/-/spot c/-/-/spot", leavesSpot: false),
            Losses(causes: [.preempted, .preempted], ladder: "a/-/-/spot b<=1", leavesSpot: false),
        ]
    )
    func leavesSpot(losses: Losses) throws {
        let ladder = try Ladder(parsing: losses.ladder)
        let view = LadderView(ladder, for: lost(losses.causes, at: losses.place))
        #expect(view.usable.contains { $0.rung.place.provisioning == .spot } == !losses.leavesSpot)
        #expect(!view.usable.isEmpty)
        if losses.leavesSpot { #expect(view.entries[0].reason == "2 attempts were lost on spot machines") }
    }

    @Test("a place that cannot be paid for is no reason to leave spot machines", arguments: [0.2, 0.02])
    func cannotLeaveSpot(left: Double) throws {
        var job = lost([.preempted, .preempted])
        job.config.spendMaxUSD = 1
        job.spentUSD = 1 - left
        let view = LadderView(Ladder([try rung("a/-/-/spot", price: 0.25), try rung("b", price: 1)]), for: job)
        #expect(view.usable.map(\.rung.place.tier) == (left == 0.2 ? ["b"] : ["a"]))
        #expect(view.entries.map(\.order) == (left == 0.2 ? [nil, 1] : [1, nil]))
    }

    @Test("a spend cap that leaves no time anywhere is told from places that are ruled out")
    func spent() throws {
        var job = Sample.job()
        job.config.spendMaxUSD = 0.01
        let dear = try rung("a", price: 1)
        #expect(LadderView(Ladder([dear, try rung("b")]), for: job).isSpent)
        #expect(!LadderView(Ladder([try rung("b")]), for: job).isSpent)
        #expect(!LadderView(Ladder([dear, try rung("c", price: 0)]), for: job).isSpent)
    }

    @Test("a job's own tier is all of its ladder, also where the ladder does not name it")
    func ownTier() throws {
        var ladder = try Ladder(parsing: "a/x b a/y")
        ladder.others = [try rung("c")]
        var job = Sample.job()
        job.config.tier = "a"
        #expect(usable(ladder, job) == ["a/x", "a/y"])
        job.config.tier = "c"
        #expect(usable(ladder, job) == ["c"])
        job.retryTier = "b"
        #expect(usable(ladder, job) == ["b"])
    }

    @Test("nothing is usable of a tier that nobody knows, or of no tier at all")
    func unknownTier() throws {
        var job = Sample.job()
        #expect(LadderView(Ladder([]), for: job).reasons == "no tier is not configured; configured: none")
        job.config.tier = "mars"
        let view = LadderView(try Ladder(parsing: "b a"), for: job)
        #expect(view.usable.isEmpty)
        #expect(view.reasons == "mars is not configured; configured: a, b")
    }

    @Test("a rung whose tier is not configured is passed over")
    func unknownRung() throws {
        let ladder = try Ladder(parsing: "mars/olympus scripted")
            .priced(by: [ScriptedTier()], Sample.prices)
        let view = LadderView(ladder, for: Sample.job())
        #expect(view.usable.map(\.rung.place.tier) == ["scripted"])
        #expect(view.entries.map(\.reason) == ["mars is not configured", nil])
    }

    @Test("says of each rung why it is passed over")
    func reasons() throws {
        var job = Sample.job()
        job.canaryPassed = false
        let ladder = Ladder([try rung("a/-/-/spot"), try rung("b", max: 1)])
        let expected =
            "a/-/-/spot: the job's checkpoints did not restore: no machine that may be taken back; "
            + "b: its price is not known: see SIGNALBOX_PRICES"
        #expect(LadderView(ladder, for: job).reasons == expected)
    }
}
