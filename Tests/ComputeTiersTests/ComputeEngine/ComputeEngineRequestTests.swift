import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier sends, as the API's discovery document, its official types and the gcloud command line see it.
@Suite struct ComputeEngineRequestTests {
    private func tier(_ project: String, _ mock: GoogleMock, _ shelf: ReportShelf = ReportShelf()) throws
        -> ComputeEngineTier
    {
        try ComputeEngineTier.ofTests(
            project: project,
            endpoint: mock.endpoint("compute.v1"),
            context: ServiceContext(transport: HTTPClient()),
            reports: shelf
        )
    }

    @Test func aRunsLife() async throws {
        let mock = try await GoogleMock.shared.value
        let shelf = ReportShelf()
        let tier = try tier("compute-life", mock, shelf)
        let order = try GoldenOrder().order("compute-engine")
        #expect(try await tier.find(order.name, at: order.place) == nil)
        let handle = try await tier.launch(order)
        #expect(handle == "projects/compute-life/zones/us-central1-a/instances/\(order.name)")
        #expect(try await tier.launch(order) == handle)
        #expect(try await tier.find(order.name, at: order.place) == handle)
        #expect(try await tier.inspect(handle) == .starting)
        try await mock.change("compute.v1", handle, ["status": "RUNNING"])
        #expect(try await tier.runs() == [TierRun(name: order.name, handle: handle, state: .running)])
        try await tier.cancel(handle)
        #expect(try await tier.inspect(handle) == .gone)
        try await tier.cancel(handle)
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == nil)
        try await shelf.put("stopped 75\n", of: order.name)
        #expect(try await tier.inspect(handle) == .preempted)
        #expect(try await tier.launch(order) == handle)

        let requests = try await mock.requests(of: "compute-life")
        #expect(requests.flatMap(\.faults) == [])
        let inserts = requests.filter { $0.method == "compute.instances.insert" }
        #expect(inserts.count == 1)
        #expect(inserts.first?.query == ["requestId": "c2f907f7-a7d2-4ad0-9c20-179a6b6c4284"])
        let methods = Set(requests.compactMap { $0.method?.split(separator: ".").suffix(2).joined(separator: ".") })
        #expect(
            methods == [
                "instances.insert", "instances.get", "instances.delete", "instances.aggregatedList",
                "zoneOperations.get", "zoneOperations.list",
            ]
        )
    }

    @Test func keepsTheContractOfTiers() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("compute-contract", mock)
        let place = try #require(Place("compute-engine/us-central1-a/n2-standard-8/spot"))
        try await TierContract(tier: tier, place: place).check()
        #expect(try await mock.requests(of: "compute-contract").flatMap(\.faults) == [])
    }

    @Test func isWhatTheOfficialTypesRead() async throws {
        let mock = try await GoogleMock.shared.value
        for place in [
            "compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:2/spot", "compute-engine",
            "compute-engine/europe-west4-b/e2-standard-4",
        ] {
            let project = "compute-types-\(place.utf8.count)"
            _ = try await tier(project, mock).launch(try GoldenOrder().order("compute-engine", at: place))
            let requests = try await mock.requests(of: project)
            let insert = try #require(requests.first { $0.method == "compute.instances.insert" })
            #expect(insert.faults == [])
            let message = "google.cloud.compute_v1.types.Instance"
            #expect(try await OfficialTypes.objection(to: insert.body, as: message) == nil)
        }
    }

    @Test func isWhatGcloudSends() async throws {
        let mock = try await GoogleMock.shared.value
        let golden = try GoldenOrder()
        _ = try await tier("robots", mock).launch(try golden.order("compute-engine"))
        let requests = try await mock.requests(of: "robots")
        let insert = try #require(requests.first { $0.method == "compute.instances.insert" })
        #expect(try golden.isSentLike("compute-engine", insert))
        let differences = GoldenDifference.all(ours: insert.body, gcloud: try golden.gcloudBody("compute-engine"))
        let expected: Set = [
            // Set to what they are without a word.
            "/canIpForward", "/deletionProtection", "/disks/0/mode", "/disks/0/type",
            // The old name of provisioningModel SPOT.
            "/scheduling/preemptible",
            // Types by URLs in full; ours are the same, relative to the API.
            "/disks/0/initializeParams/sourceImage", "/guestAccelerators/0/acceleratorType", "/machineType",
            "/networkInterfaces/0/network",
            // The provider's limit leaves time for the machine's start and the last checkpoint.
            "/scheduling/maxRunDuration/seconds",
            // What the command line was not told: scripts, log, tag.
            "/metadata/items/0/key", "/metadata/items/0/value", "/metadata/items/1/key", "/metadata/items/1/value",
            "/metadata/items/2/key", "/metadata/items/2/value", "/tags/items/0",
        ]
        let labels = try golden.container.labels(for: try golden.order("compute-engine"))
        let diskLabels = labels.keys.map { "/disks/0/initializeParams/labels/\($0)" }
        #expect(differences == expected.union(diskLabels))
    }

    @Test func machinesWithAcceleratorsAndSpotOnesStayWhereTheyAre() async throws {
        let mock = try await GoogleMock.shared.value
        let cases: [(place: String, maintenance: JSON?, model: JSON)] = [
            ("compute-engine/us-central1-a/n2-standard-8", nil, "STANDARD"),
            ("compute-engine/us-central1-a/n2-standard-8/spot", "TERMINATE", "SPOT"),
            ("compute-engine/us-central1-a/g2-standard-8", "TERMINATE", "STANDARD"),
            ("compute-engine/us-central1-a/a2-highgpu-1g", "TERMINATE", "STANDARD"),
            ("compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:1", "TERMINATE", "STANDARD"),
        ]
        for (index, (place, maintenance, model)) in cases.enumerated() {
            let project = "compute-hosts-\(index)"
            _ = try await tier(project, mock).launch(try GoldenOrder().order("compute-engine", at: place))
            let requests = try await mock.requests(of: project)
            let scheduling = requests.first { $0.method == "compute.instances.insert" }?.body["scheduling"]
            #expect(scheduling?["onHostMaintenance"] == maintenance, "\(place)")
            #expect(scheduling?["provisioningModel"] == model)
            #expect(scheduling?["instanceTerminationAction"] == "DELETE")
        }
    }

    @Test func aNetworkOfItsOwn() async throws {
        let mock = try await GoogleMock.shared.value
        let environment = Environment([
            "SIGNALBOX_COMPUTE_NETWORK": "fleet", "SIGNALBOX_COMPUTE_SUBNETWORK": "trainers",
            "SIGNALBOX_COMPUTE_EXTERNAL_IP": "false", "SIGNALBOX_COMPUTE_DISK_GB": "250",
            "SIGNALBOX_COMPUTE_DISK_TYPE": "pd-ssd", "SIGNALBOX_COMPUTE_IMAGE": "projects/p/global/images/i",
            "SIGNALBOX_COMPUTE_MACHINE": "c3-standard-4",
        ])
        let tier = try ComputeEngineTier.ofTests(
            project: "compute-network",
            endpoint: mock.endpoint("compute.v1"),
            context: ServiceContext(transport: HTTPClient()),
            machines: try ComputeEngineMachines(environment)
        )
        _ = try await tier.launch(try GoldenOrder().order("compute-engine", at: "compute-engine/europe-west4-b"))
        let requests = try await mock.requests(of: "compute-network")
        let insert = try #require(requests.first { $0.method == "compute.instances.insert" })
        #expect(insert.faults == [])
        let zone = "projects/compute-network/zones/europe-west4-b"
        #expect(
            insert.body["networkInterfaces"] == [
                ["network": "global/networks/fleet", "subnetwork": "regions/europe-west4/subnetworks/trainers"]
            ]
        )
        #expect(insert.body["machineType"] == .string("\(zone)/machineTypes/c3-standard-4"))
        let disk = try JSONReader(insert.body)["disks"].array()[0]["initializeParams"]
        #expect(disk["diskSizeGb"].value == "250" && disk["sourceImage"].value == "projects/p/global/images/i")
        #expect(disk["diskType"].value == .string("\(zone)/diskTypes/pd-ssd"))
    }

    @Test func theRobotsNameIsALabelWhateverIsInIt() async throws {
        let mock = try await GoogleMock.shared.value
        var order = try GoldenOrder().order("compute-engine")
        order.robotID = "Arm 7'; rm -rf / #$(id)"
        _ = try await tier("compute-robot", mock).launch(order)
        let requests = try await mock.requests(of: "compute-robot")
        let insert = try #require(requests.first { $0.method == "compute.instances.insert" })
        #expect(insert.faults == [])
        #expect(insert.body["labels"]?["signalbox-robot"] == "arm_7___rm_-rf______id_")
        #expect(!insert.body.serialized().contains("rm -rf / #"))
    }

    @Test func takesOnlyRunsOfItsOwnDeployment() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("compute-shared", mock)
        let order = try GoldenOrder().order("compute-engine")
        let handle = try await tier.launch(order)
        let labels: JSON = ["signalbox-run": .string(order.name), "signalbox-deployment": "another"]
        try await mock.change("compute.v1", handle, ["labels": labels])
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == nil)
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(try await tier.inspect(handle) == .gone)
        try await tier.cancel(handle)
        let requests = try await mock.requests(of: "compute-shared")
        #expect(requests.allSatisfy { $0.method != "compute.instances.delete" })
    }

    @Test(arguments: [
        Place(tier: "compute-engine", location: "us-east1-b"),
        Place(tier: "compute-engine", machine: "n1-standard-8+nvidia-l4:0"),
        Place(tier: "compute-engine", machine: "n1-standard-8+nvidia-l4:-1"),
        Place(tier: "compute-engine", machine: "n1-standard-8+nvidia-l4:257"),
        Place(tier: "compute-engine", machine: "n1-standard-8+gpu:a100:2"),
    ]) func refusesWhatMakesNoSense(place: Place) async throws {
        let script = ScriptedAPI([])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        var order = try GoldenOrder().order("compute-engine")
        order.place = place
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(script.sent == [])
    }

    @Test func refusesPlacesWithoutAMachineWhereNoneIsConfigured() async throws {
        let script = ScriptedAPI([])
        let tier = try ComputeEngineTier.ofTests(
            project: "p",
            endpoint: "http://c",
            context: script.context,
            machines: ComputeEngineMachines(machine: nil)
        )
        let order = try GoldenOrder().order("compute-engine", at: "compute-engine")
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(script.sent == [])
    }

    @Test func costsWhatItsMachineCosts() throws {
        let script = ScriptedAPI([])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        let prices = [
            ("n2-standard-8", 0.5), ("g2-standard-8", 0.8), ("n1-standard-8", 0.4), ("nvidia-tesla-t4", 0.25),
        ]
        let entries = try prices.map { item, price in
            try PriceTable.Entry.ofTests(
                tier: "compute-engine",
                region: "us-central1",
                item: item,
                onDemand: price
            )
        }
        let table = PriceTable(date: "2026-01-01", source: "tests", entries: entries)
        func price(_ text: String) throws -> Double? { tier.price(of: try #require(Place(text)), in: table) }
        #expect(try price("compute-engine") == 0.5)
        #expect(try price("compute-engine/-/g2-standard-8+nvidia-l4:1") == 0.8)
        #expect(try price("compute-engine/-/n1-standard-8+nvidia-tesla-t4:2") == 0.9)
        #expect(try price("compute-engine/europe-west4-b") == nil)
    }

    @Test func refusesTimeLimitsThatTheServiceHasNot() async throws {
        let script = ScriptedAPI([])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        var order = try GoldenOrder().order("compute-engine")
        for seconds in [0, 120 * 86_400] {
            order.runSecondsMax = seconds
            await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        }
        #expect(script.sent == [])
    }
}
