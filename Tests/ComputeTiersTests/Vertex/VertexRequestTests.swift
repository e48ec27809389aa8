import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier sends, as the API's discovery document, its official types and the gcloud command line see it.
@Suite struct VertexRequestTests {
    private func tier(_ project: String, _ mock: GoogleMock) throws -> VertexTier {
        try VertexTier.ofTests(
            project: project,
            endpoint: mock.endpoint("aiplatform.v1"),
            context: ServiceContext(transport: HTTPClient())
        )
    }

    private func creation(_ project: String, _ mock: GoogleMock) async throws -> GoogleMock.Request {
        let requests = try await mock.requests(of: project)
        return try #require(requests.first { $0.method == "aiplatform.projects.locations.customJobs.create" })
    }

    @Test func aRunsLife() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("vertex-life", mock)
        let order = try GoldenOrder().order("vertex")
        #expect(try await tier.find(order.name, at: order.place) == nil)
        let handle = try await tier.launch(order)
        #expect(try await tier.launch(order) == handle)
        #expect(try await tier.find(order.name, at: order.place) == handle)
        #expect(try await tier.inspect(handle) == .starting)
        try await mock.change("aiplatform.v1", handle, ["state": "JOB_STATE_RUNNING"])
        #expect(try await tier.runs() == [TierRun(name: order.name, handle: handle, state: .running)])
        try await tier.cancel(handle)
        #expect(try await tier.inspect(handle) == .running)
        try await mock.change("aiplatform.v1", handle, ["state": "JOB_STATE_CANCELLED"])
        #expect(try await tier.inspect(handle) == .ended(detail: "the job was cancelled"))
        try await tier.cancel(handle)
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == handle)

        let requests = try await mock.requests(of: "vertex-life")
        #expect(requests.flatMap(\.faults) == [])
        let methods = Set(requests.compactMap { $0.method?.split(separator: ".").last.map(String.init) })
        #expect(methods == ["list", "create", "get", "cancel"])
        #expect(requests.filter { $0.method?.hasSuffix("create") == true }.count == 1)
    }

    @Test func doesWhatEveryTierDoes() async throws {
        let tier = try tier("vertex-contract", try await GoogleMock.shared.value)
        try await TierContract(tier: tier, place: Place(tier: tier.name)).check()
    }

    @Test func isWhatTheOfficialTypesRead() async throws {
        let mock = try await GoogleMock.shared.value
        for place in [
            "vertex/us-central1/g2-standard-8+nvidia-l4:2/spot", "vertex", "vertex/europe-west4/n2-standard-4",
        ] {
            let project = "vertex-types-\(place.utf8.count)"
            _ = try await tier(project, mock).launch(try GoldenOrder().order("vertex", at: place))
            let create = try await creation(project, mock)
            #expect(create.faults == [])
            let message = "google.cloud.aiplatform_v1.types.CustomJob"
            #expect(try await OfficialTypes.objection(to: create.body, as: message) == nil)
        }
    }

    @Test func isWhatGcloudSends() async throws {
        let mock = try await GoogleMock.shared.value
        let golden = try GoldenOrder()
        _ = try await tier("vertex-golden", mock).launch(try golden.order("vertex"))
        let create = try await creation("vertex-golden", mock)
        #expect(try golden.isSentLike("vertex", create, in: "vertex-golden"))
        let differences = GoldenDifference.all(ours: create.body, gcloud: try golden.gcloudBody("vertex"))
        // The job's time counts from its machine's start, the order's from its trainer's.
        #expect(differences == ["/jobSpec/scheduling/timeout"])
        #expect(create.body["jobSpec"]?["scheduling"]?["timeout"] == "5400s")
    }

    @Test func takesOnlyRunsOfItsOwnDeployment() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("vertex-shared", mock)
        let order = try GoldenOrder().order("vertex")
        let handle = try await tier.launch(order)
        let labels: JSON = ["signalbox-run": .string(order.name), "signalbox-deployment": "another"]
        try await mock.change("aiplatform.v1", handle, ["labels": labels])
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == nil)
    }

    @Test(arguments: [
        "vertex/us-east1", "vertex/us-central1/n1-standard-8+nvidia-l4:1+nvidia-tesla-t4:1",
        "vertex/us-central1/n1-standard-8+nvidia-l4:257", "vertex/us-central1/n1-standard-8+gpu:a100:2",
    ]) func refusesWhatMakesNoSense(place: String) async throws {
        let script = ScriptedAPI([])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        let order = try GoldenOrder().order("vertex", at: place)
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(script.sent == [])
    }

    @Test func refusesTimeLimitsThatTheServiceHasNot() async throws {
        let script = ScriptedAPI([])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        var order = try GoldenOrder().order("vertex")
        for seconds in [0, VertexTier.runSecondsMax + 1] {
            order.runSecondsMax = seconds
            await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        }
        #expect(script.sent == [])
    }

    @Test func asksForNoMoreTimeThanThereIs() async throws {
        let mock = try await GoogleMock.shared.value
        var order = try GoldenOrder().order("vertex")
        order.runSecondsMax = VertexTier.runSecondsMax
        _ = try await tier("vertex-long", mock).launch(order)
        let create = try await creation("vertex-long", mock)
        #expect(create.body["jobSpec"]?["scheduling"]?["timeout"] == .string("\(VertexTier.runSecondsMax)s"))
    }

    @Test func aPlaceThatNamesNothingCostsWhatRunsThere() throws {
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://api", context: ScriptedAPI([]).context)
        let price = try PriceTable.Entry.ofTests(
            tier: "vertex",
            region: "us-central1",
            item: "n1-standard-8",
            onDemand: 0.5
        )
        let table = PriceTable(date: "2026-01-01", source: "tests", entries: [price])
        #expect(tier.price(of: Place(tier: "vertex"), in: table) == 0.5)
        #expect(tier.price(of: Place(tier: "vertex", location: "europe-west4"), in: table) == nil)
    }
}
