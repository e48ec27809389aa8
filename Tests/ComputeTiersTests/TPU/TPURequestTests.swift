import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier sends, as the API's discovery document, its official types and the gcloud command line see it.
@Suite struct TPURequestTests {
    private func tier(
        _ project: String,
        _ mock: GoogleMock,
        _ shelf: ReportShelf = ReportShelf(),
        machines: TPUMachines = TPUMachines()
    ) throws -> TPUTier {
        try TPUTier.ofTests(
            project: project,
            endpoint: mock.endpoint("tpu.v2"),
            context: ServiceContext(transport: HTTPClient()),
            reports: shelf,
            machines: machines
        )
    }

    private func creation(_ project: String, _ mock: GoogleMock) async throws -> GoogleMock.Request {
        let requests = try await mock.requests(of: project)
        return try #require(requests.first { $0.method == "tpu.projects.locations.queuedResources.create" })
    }

    @Test func aRunsLife() async throws {
        let mock = try await GoogleMock.shared.value
        let shelf = ReportShelf()
        let tier = try tier("tpu-life", mock, shelf)
        let order = try GoldenOrder().order("tpu")
        #expect(try await tier.find(order.name, at: order.place) == nil)
        let handle = try await tier.launch(order)
        #expect(handle == "projects/tpu-life/locations/us-west4-a/queuedResources/\(order.name)")
        #expect(try await tier.launch(order) == handle)
        #expect(try await tier.find(order.name, at: order.place) == handle)
        #expect(try await tier.inspect(handle) == .starting)
        try await mock.change("tpu.v2", handle, ["state": ["state": "PROVISIONING"]])
        #expect(try await tier.runs() == [TierRun(name: order.name, handle: handle, state: .starting)])
        try await shelf.put("ended 0\n", of: order.name)
        try await mock.change("tpu.v2", handle, ["state": ["state": "ACTIVE"]])
        #expect(try await tier.inspect(handle) == .ended(detail: "the trainer ended with exit status 0"))
        try await tier.cancel(handle)
        #expect(try await tier.runs() == [])
        try await tier.cancel(handle)
        #expect(try await tier.inspect(handle) == .ended(detail: "the trainer ended with exit status 0"))
        #expect(try await tier.launch(order) == handle)

        let requests = try await mock.requests(of: "tpu-life")
        #expect(requests.flatMap(\.faults) == [])
        let prefix = "tpu.projects.locations.queuedResources."
        let methods = Set(requests.compactMap { $0.method })
        #expect(methods == Set(["create", "get", "list", "delete"].map { prefix + $0 }))
        let creations = requests.filter { $0.method == prefix + "create" }
        #expect(creations.count == 1)
        #expect(
            creations[0].query == ["queuedResourceId": order.name, "requestId": "95511de6-7b9c-4154-8711-1b53ebe8e07e"]
        )
        #expect(requests.first { $0.method == prefix + "delete" }?.query == ["force": "true"])
    }

    @Test func keepsTheContractOfTiers() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("tpu-contract", mock)
        try await TierContract(tier: tier, place: try #require(Place("tpu/us-west4-a/v5litepod-8/spot"))).check()
        #expect(try await mock.requests(of: "tpu-contract").flatMap(\.faults) == [])
    }

    @Test func isWhatTheOfficialTypesRead() async throws {
        let mock = try await GoogleMock.shared.value
        for place in ["tpu/us-west4-a/v5litepod-8/spot", "tpu", "tpu/europe-west4-b/v6e-4"] {
            let project = "tpu-types-\(place.utf8.count)"
            _ = try await tier(project, mock).launch(try GoldenOrder().order("tpu", at: place))
            let create = try await creation(project, mock)
            #expect(create.faults == [])
            let message = "google.cloud.tpu_v2.types.QueuedResource"
            #expect(try await OfficialTypes.objection(to: create.body, as: message) == nil)
        }
    }

    @Test func isWhatGcloudSends() async throws {
        let mock = try await GoogleMock.shared.value
        let golden = try GoldenOrder()
        _ = try await tier("robots", mock).launch(try golden.order("tpu"))
        let create = try await creation("robots", mock)
        #expect(try golden.isSentLike("tpu", create))
        let differences = GoldenDifference.all(ours: create.body, gcloud: try golden.gcloudBody("tpu"))
        // What the command line was not told: scripts, tag, and for how long to wait.
        #expect(
            differences == [
                "/tpu/nodeSpec/0/node/metadata/startup-script", "/tpu/nodeSpec/0/node/metadata/shutdown-script",
                "/tpu/nodeSpec/0/node/tags/0", "/queueingPolicy/validUntilDuration",
            ]
        )
    }

    @Test func settingsOfNodes() async throws {
        let mock = try await GoogleMock.shared.value
        let environment = Environment([
            "SIGNALBOX_TPU_TYPE": "v6e-1", "SIGNALBOX_TPU_QUEUE_SECONDS": "600", "SIGNALBOX_TPU_NETWORK": "fleet",
            "SIGNALBOX_TPU_SUBNETWORK": "trainers", "SIGNALBOX_TPU_EXTERNAL_IP": "false",
        ])
        let tier = try tier("tpu-settings", mock, machines: try TPUMachines(environment))
        _ = try await tier.launch(try GoldenOrder().order("tpu", at: "tpu"))
        let create = try await creation("tpu-settings", mock)
        #expect(create.faults == [])
        let node = try JSONReader(create.body)["tpu"]["nodeSpec"].array()[0]["node"]
        #expect(node["acceleratorType"].value == "v6e-1" && node["runtimeVersion"].value == "v2-alpha-tpuv6e")
        let network: JSON = ["network": "fleet", "subnetwork": "trainers", "enableExternalIps": false]
        #expect(node["networkConfig"].value == network)
        #expect(create.body["queueingPolicy"] == ["validUntilDuration": "600s"])
        #expect(create.body["spot"] == nil && create.body["guaranteed"] == nil)
    }

    @Test func everyFamilyHasItsRuntime() async throws {
        let mock = try await GoogleMock.shared.value
        let families = [
            "v5litepod-8": "v2-alpha-tpuv5-lite", "v6e-8": "v2-alpha-tpuv6e", "v5p-8": "v2-alpha-tpuv5",
            "v4-8": "tpu-ubuntu2204-base",
        ]
        for (type, runtime) in families {
            let project = "tpu-\(type)"
            _ = try await tier(project, mock).launch(try GoldenOrder().order("tpu", at: "tpu/us-west4-a/\(type)"))
            let node = try JSONReader(try await creation(project, mock).body)["tpu"]["nodeSpec"].array()[0]["node"]
            #expect(node["runtimeVersion"].value == .string(runtime))
        }
        let machines = try TPUMachines(Environment(["SIGNALBOX_TPU_RUNTIME": "mine"]))
        _ = try await tier("tpu-mine", mock, machines: machines).launch(try GoldenOrder().order("tpu"))
        let spec = try JSONReader(try await creation("tpu-mine", mock).body)["tpu"]["nodeSpec"].array()[0]
        #expect(spec["node"]["runtimeVersion"].value == "mine")
    }

    @Test func takesOnlyRunsOfItsOwnDeployment() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("tpu-shared", mock)
        let order = try GoldenOrder().order("tpu")
        let handle = try await tier.launch(order)
        let labels: JSON = ["signalbox-run": .string(order.name), "signalbox-deployment": "another"]
        let specs: JSON = [["nodeId": .string(order.name), "node": ["labels": labels]]]
        try await mock.change("tpu.v2", handle, ["tpu": ["nodeSpec": specs]])
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == nil)
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(try await tier.inspect(handle) == .gone)
        try await tier.cancel(handle)
        let requests = try await mock.requests(of: "tpu-shared")
        #expect(requests.allSatisfy { $0.method?.hasSuffix("queuedResources.delete") != true })
    }

    @Test(arguments: [
        "tpu/us-east1-b", "tpu/us-west4-a/v5litepod-16", "tpu/us-west4-a/v5litepod", "tpu/-/n2-standard-8",
    ])
    func refusesWhatMakesNoSense(place: String) async throws {
        let script = ScriptedAPI([])
        let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: script.context)
        var order = try GoldenOrder().order("tpu", at: place)
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        order = try GoldenOrder().order("tpu")
        order.runSecondsMax = 0
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        order = try GoldenOrder().order("tpu")
        order.name = "Another"
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(script.sent == [])
    }

    @Test func costsWhatItsTypeCosts() throws {
        let script = ScriptedAPI([])
        let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: script.context)
        let price = try PriceTable.Entry.ofTests(tier: "tpu", region: "us-west4", item: "v5litepod-8", onDemand: 9.6)
        let table = PriceTable(date: "2026-01-01", source: "tests", entries: [price])
        #expect(tier.price(of: Place(tier: "tpu"), in: table) == 9.6)
        #expect(tier.price(of: Place(tier: "tpu", location: "europe-west4-b"), in: table) == nil)
    }

    @Test func configuration() throws {
        let script = ScriptedAPI([])
        func configured(_ variables: [String: String]) throws -> TPUTier? {
            let all = ReportShelf.variables.merging(variables) { $1 }
            return try TPUTier.configured(
                Environment(all),
                google: try GoogleCloudEnvironment { all[$0] },
                context: script.context
            )
        }
        #expect(try configured([:]) == nil)
        #expect(try configured(["SIGNALBOX_TPU_ZONE": "us-west4-a"]) != nil)
        for (name, value) in [
            ("SIGNALBOX_TPU_ZONE", "us west"), ("SIGNALBOX_TPU_TYPE", "v5litepod-256"), ("SIGNALBOX_TPU_TYPE", "gpu-1"),
            ("SIGNALBOX_TPU_QUEUE_SECONDS", "1"), ("SIGNALBOX_TPU_EXTERNAL_IP", "yes"), ("GOOGLE_CLOUD_PROJECT", ""),
        ] {
            #expect(throws: ConfigurationError.self, "\(name)") {
                try configured(["SIGNALBOX_TPU_ZONE": "us-west4-a"].merging([name: value]) { $1 })
            }
        }
    }
}
