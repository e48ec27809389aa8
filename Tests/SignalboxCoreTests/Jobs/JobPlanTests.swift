import SignalboxCore
import Testing
import Wire

@Suite("Plans of a job")
struct JobPlanTests {
    private static let prices: JSON = [
        "date": "2026-01-31",
        "currency": "USD",
        "source": "https://example.com/prices",
        "prices": [
            ["tier": "vertex", "region": "us-central1", "item": "g2-standard-8", "on_demand": 1, "spot": 0.25],
            ["tier": "tpu", "region": "*", "item": "v5litepod-8", "on_demand": 9.6],
        ],
    ]

    private static func ladder(_ text: String, including tier: String? = nil) throws -> Ladder {
        try Ladder(parsing: text).priced(by: PriceTable(JSONReader(prices)), including: tier)
    }

    private static func plan(_ text: String, _ config: JobConfig = .standard) throws -> JobPlan {
        JobPlan(try ladder(text, including: config.tier), config: config, now: Sample.now)
    }

    /// A tier whose own machine is the one that the table prices.
    private struct OwnMachine: ComputeTier {
        let name = "vertex"

        func launch(_ order: RunOrder) async throws(TierError) -> String { throw TierError(.capacity, "") }
        func find(_ runName: String, at place: Place) async throws(TierError) -> String? { nil }
        func inspect(_ handle: String) async throws(TierError) -> RunState { .gone }
        func cancel(_ handle: String) async throws(TierError) {}
        func runs() async throws(TierError) -> [TierRun] { [] }
        func price(of place: Place, in table: PriceTable) -> Double? {
            var place = place
            place.location = place.location ?? "us-central1"
            place.machine = place.machine ?? "g2-standard-8"
            return table.usdPerHour(place)
        }
    }

    @Test("price a place that leaves its machine to a configured tier as the dispatch does")
    func configuredTier() throws {
        let ladder = try Ladder(parsing: "vertex vertex/-/-/spot tpu")
        let table = try PriceTable(JSONReader(Self.prices))
        let alone = ladder.priced(by: table)
        #expect(alone.rungs.map(\.usdPerHour) == [nil, nil, nil])
        let planned = ladder.priced(by: table, asking: [OwnMachine()])
        #expect(planned.rungs.map(\.usdPerHour) == [1, 0.25, nil])
        let dispatched = Dispatch(tiers: [OwnMachine()], ladder: ladder, prices: table).ladder
        #expect(dispatched.rungs.map(\.usdPerHour) == planned.rungs.map(\.usdPerHour))
    }

    @Test("name every place with its price, spot machines first, and why one is passed over")
    func places() throws {
        let plan = try Self.plan(
            """
            local vertex/us-central1/g2-standard-8<=0.50 vertex/us-central1/g2-standard-8/spot<=0.50 \
            tpu/us-west4-a/v5litepod-8/spot<=20
            """
        )
        #expect(plan.entries.map(\.rung.place.tier) == ["vertex", "tpu", "local", "vertex"])
        #expect(plan.entries.map(\.rung.usdPerHour) == [0.25, nil, 0, 1])
        #expect(plan.entries.map(\.order) == [1, nil, 2, nil])
        #expect(plan.entries[1].reason?.contains("price is not known") == true)
        #expect(plan.entries[3].reason?.contains("above its ceiling") == true)
        #expect(plan.first?.rung.place.provisioning == .spot)
        #expect(plan.entries[0].usd(hours: 3) == 0.75)
        #expect(plan.entries[1].usd(hours: 3) == nil)
    }

    @Test("tell how long a run may take under a spend cap")
    func cap() throws {
        let config = JobConfig(spendMaxUSD: 0.5)
        let plan = try Self.plan("vertex/us-central1/g2-standard-8/spot vertex/us-central1/g2-standard-8 local", config)
        #expect(plan.entries.map(\.runSecondsMax) == [7080, 1680, JobPolicy().runSecondsMax])
        #expect(plan.spendMaxUSD == 0.5)
    }

    @Test("take what is spent off the cap, and pass a place over for which too little is left")
    func spent() throws {
        var job = Sample.job(.pending, attempt: 1)
        job.config.spendMaxUSD = 0.5
        job.spentUSD = 0.48
        let ladder = try Self.ladder("vertex/us-central1/g2-standard-8 vertex/us-central1/g2-standard-8/spot")
        let plan = JobPlan(ladder, for: job, now: Sample.now)
        #expect(plan.entries[0].runSecondsMax == 168)
        #expect(plan.entries[1].reason == "0.4800 USD of 0.5000 USD are spent: what is left pays for no run there")
        #expect(plan.entries.map(\.order) == [1, nil])
    }

    @Test("ask the first place first that can be paid for")
    func unaffordableFirst() throws {
        let plan = try Self.plan("vertex/us-central1/g2-standard-8 local", JobConfig(spendMaxUSD: 0.02))
        #expect(plan.entries.map(\.order) == [nil, 1])
        #expect(plan.first?.rung.place.tier == "local")
        let nowhere = try Self.plan("vertex/us-central1/g2-standard-8", JobConfig(spendMaxUSD: 0.02))
        #expect(nowhere.entries.map(\.order) == [nil])
        #expect(nowhere.first == nil)
    }

    @Test("name first the place that the lifecycle claims", arguments: [0, 0.4, 0.47, 0.48, 0.499, 0.5], 0..<4)
    func claimed(spentUSD: Double, refusals: Int) throws {
        var job = Sample.job(.pending, attempt: 2)
        job.config.spendMaxUSD = 0.5
        job.spentUSD = spentUSD
        job.refusals = refusals
        job.placement = nil
        job.recoveries = (1...2).map {
            Job.Recovery(at: Sample.now, attempt: $0, cause: .preempted, place: JobDiagnosisCases.spot, evidence: "")
        }
        let ladder = try Self.ladder("vertex/us-central1/g2-standard-8 vertex/us-central1/g2-standard-8/spot local tpu")
        var bench = LifecycleBench(job, ladder: ladder)
        bench.attend()
        let first = JobPlan(ladder, for: job, now: Sample.now).first
        #expect(first?.rung.place == bench.job.placement?.place)
        #expect(first?.runSecondsMax == bench.job.placement?.runSecondsMax)
        #expect((first == nil) == (bench.job.failure?.code == .spendCapReached))
    }

    @Test("leave the place out of the first turn that has just refused")
    func justRefused() throws {
        var job = Sample.job(.pending, attempt: 2)
        job.recoveries = [
            Job.Recovery(at: Sample.now, attempt: 2, cause: .launchRefused, place: Place("local"), evidence: "")
        ]
        let plan = JobPlan(try Self.ladder("local vertex slurm/gpu"), for: job, now: Sample.now)
        #expect(plan.entries.map(\.order) == [3, 1, 2])
    }

    @Test("count the hour that runs")
    func paid() throws {
        let job = JobDiagnosisCases.running
        let plan = JobPlan(try Self.ladder("local"), for: job, now: Sample.now + .seconds(3600))
        #expect(plan.spentUSD == 0.5)
        #expect(plan.entries.map(\.order) == [1])
    }

    @Test(
        "begin at the rung whose turn it is after refusals",
        arguments: [(0, [1, 2, 3]), (1, [3, 1, 2]), (5, [2, 3, 1])]
    )
    func refusals(count: Int, order: [Int]) throws {
        var job = Sample.job()
        job.refusals = count
        let plan = JobPlan(try Self.ladder("local vertex slurm/gpu"), for: job, now: Sample.now)
        #expect(plan.entries.map(\.order) == order)
    }

    @Test("leave spot machines out for a job that lost two of them")
    func losses() throws {
        var job = Sample.job(.pending, attempt: 2)
        let place = JobDiagnosisCases.spot
        job.recoveries = (1...2).map {
            Job.Recovery(at: Sample.now, attempt: $0, cause: .preempted, place: place, evidence: "")
        }
        let plan = JobPlan(try Self.ladder("vertex/us-central1/g2-standard-8/spot local"), for: job, now: Sample.now)
        #expect(plan.entries.map(\.order) == [nil, 1])
        #expect(plan.entries[0].reason == "2 attempts were lost on spot machines")
    }

    @Test("of a tier that the ladder does not name show that tier's own place")
    func tier() throws {
        let plan = try Self.plan("vertex/us-central1/g2-standard-8", JobConfig(tier: "local"))
        #expect(plan.entries.map(\.rung.place) == [Place(tier: "local")])
        #expect(plan.entries.map(\.rung.usdPerHour) == [0])
    }

    @Test("of a ladder without a place for the tier are empty")
    func nowhere() throws {
        let ladder = try Self.ladder("vertex/us-central1/g2-standard-8")
        let plan = JobPlan(ladder, config: JobConfig(tier: "tpu"), now: Sample.now)
        #expect(plan.entries.isEmpty)
        #expect(plan.first == nil)
    }
}
