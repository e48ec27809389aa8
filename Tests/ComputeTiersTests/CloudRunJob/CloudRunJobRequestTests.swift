import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier sends, as the API's discovery document, its official types and the gcloud command line see it.
@Suite struct CloudRunJobRequestTests {
    private func tier(_ project: String, _ mock: GoogleMock) throws -> CloudRunJobTier {
        try CloudRunJobTier.ofTests(
            project: project,
            endpoint: mock.endpoint("run.v2"),
            context: ServiceContext(transport: HTTPClient())
        )
    }

    /// Ends an execution that was cancelled, as the service does ten seconds later.
    private func complete(_ handle: String, _ mock: GoogleMock) async throws {
        let id = "\(handle.split(separator: "/").last ?? "")-run"
        let condition: JSON = ["type": "Completed", "state": "CONDITION_FAILED", "executionReason": "CANCELLED"]
        let over: JSON = [
            "conditions": [condition], "runningCount": 0, "cancelledCount": 1, "completionTime": "2026-01-02T03:04:15Z",
        ]
        try await mock.change("run.v2", "\(handle)/executions/\(id)", over)
        let newest: JSON = ["name": .string(id), "completionStatus": "EXECUTION_CANCELLED"]
        try await mock.change("run.v2", handle, ["latestCreatedExecution": newest])
    }

    @Test func aRunsLife() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("run-life", mock)
        let order = try GoldenOrder().order("cloud-run-job")
        #expect(try await tier.find(order.name, at: order.place) == nil)
        let handle = try await tier.launch(order)
        #expect(try await tier.launch(order) == handle)
        #expect(try await tier.find(order.name, at: order.place) == handle)
        #expect(try await tier.inspect(handle) == .starting)
        let execution = "\(handle)/executions/\(order.name)-run"
        try await mock.change("run.v2", execution, ["runningCount": 1, "startTime": "2026-01-02T03:04:05Z"])
        #expect(try await tier.inspect(handle) == .running)
        #expect(try await tier.runs() == [TierRun(name: order.name, handle: handle, state: .starting)])
        // Asked once or twice, the trainer has its ten seconds.
        for _ in 1...2 {
            try await tier.cancel(handle)
            #expect(try await tier.inspect(handle) == .running)
        }
        try await complete(handle, mock)
        #expect(try await tier.inspect(handle) == .ended(detail: "the execution was cancelled"))
        try await tier.cancel(handle)
        #expect(try await tier.inspect(handle) == .gone)
        try await tier.cancel(handle)
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == nil)

        let requests = try await mock.requests(of: "run-life")
        #expect(requests.flatMap(\.faults) == [])
        let methods = Set(requests.compactMap { $0.method?.split(separator: ".").suffix(2).joined(separator: ".") })
        #expect(
            methods == [
                "jobs.get", "jobs.create", "jobs.list", "jobs.delete", "executions.get", "executions.cancel",
                "tasks.list",
            ]
        )
        #expect(requests.filter { $0.method?.hasSuffix("executions.cancel") == true }.count == 1)
    }

    @Test func aFailedExecutionIsExplainedByItsTask() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("run-failed", mock)
        let order = try GoldenOrder().order("cloud-run-job", at: "cloud-run-job/europe-west4/1cpu-2Gi")
        let handle = try await tier.launch(order)
        let execution = "\(handle)/executions/\(order.name)-run"
        let ended: JSON = [
            "failedCount": 1, "startTime": "2026-01-02T03:04:05Z", "completionTime": "2026-01-02T03:05:05Z",
        ]
        try await mock.change("run.v2", execution, ended)
        #expect(try await tier.inspect(handle) == .ended(detail: "no explanation"))
        let requests = try await mock.requests(of: "run-failed")
        #expect(requests.last?.method == "run.projects.locations.jobs.executions.tasks.list")
        #expect(requests.flatMap(\.faults) == [])
    }

    @Test func doesWhatEveryTierDoes() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("run-contract", mock)
        try await TierContract(tier: tier, place: Place(tier: tier.name)) { handle in
            try await complete(handle, mock)
        }.check()
    }

    @Test func isWhatTheOfficialTypesRead() async throws {
        let mock = try await GoogleMock.shared.value
        for place in ["cloud-run-job", "cloud-run-job/europe-west4/8cpu-32Gi"] {
            let project = "run-types-\(place.utf8.count)"
            _ = try await tier(project, mock).launch(try GoldenOrder().order("cloud-run-job", at: place))
            let create = try #require(try await mock.requests(of: project).last)
            #expect(create.faults == [])
            #expect(try await OfficialTypes.objection(to: create.body, as: "google.cloud.run_v2.types.Job") == nil)
        }
    }

    /// gcloud speaks the first version of the API, in which a job looks like Kubernetes'.
    private static let renaming = [
        (from: "/metadata/labels", to: "/labels"),
        (from: "/spec/template/metadata/labels", to: "/template/labels"),
        (from: "/spec/template/spec/template/spec/serviceAccountName", to: "/template/template/serviceAccount"),
        (from: "/spec/template/spec/template/spec/timeoutSeconds", to: "/template/template/timeout"),
        (from: "/spec/template/spec/template/spec", to: "/template/template"),
        (from: "/spec/template/spec", to: "/template"),
    ]

    private static let allowed = [
        "/apiVersion": "the second version has none",
        "/kind": "the second version has none",
        "/metadata/name": "the second version has it in the query",
        "/metadata/namespace": "the second version has it in the path",
        "/metadata/annotations/run.googleapis.com/client-name": "gcloud's own",
        "/metadata/annotations/run.googleapis.com/client-version": "gcloud's own",
        "/spec/template/metadata/annotations/run.googleapis.com/client-name": "gcloud's own",
        "/spec/template/metadata/annotations/run.googleapis.com/client-version": "gcloud's own",
        "/status/latestCreatedExecution": "empty",
        "/template/template/nodeSelector": "empty",
        "/template/template/containers/0/name": "empty",
        "/template/template/containers/0/resources/requests": "empty",
        "/template/template/timeout": "it counts from the machine's start, the order's from its trainer's",
        "/startExecutionToken": "gcloud asks for the execution in a second call, which could be lost alone",
    ]

    @Test func isWhatGcloudSends() async throws {
        let mock = try await GoogleMock.shared.value
        let golden = try GoldenOrder()
        let order = try golden.order("cloud-run-job")
        _ = try await tier("run-golden", mock).launch(order)
        let create = try #require(try await mock.requests(of: "run-golden").last)
        let gcloud = try golden.gcloudBody("cloud-run-job")
        let differences = GoldenDifference.all(ours: create.body, gcloud: gcloud, renaming: Self.renaming)
        #expect(differences == Set(Self.allowed.keys))
        #expect(create.query == ["jobId": order.name])
        #expect(gcloud["metadata"]?["name"]?.stringValue == order.name)
        #expect(create.body["template"]?["template"]?["timeout"] == "5400s")
    }

    @Test func asksForNoMoreTimeThanThereIs() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("run-time", mock)
        var order = try GoldenOrder().order("cloud-run-job")
        for seconds in [0, CloudRunJobTier.runSecondsMax + 1] {
            order.runSecondsMax = seconds
            await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        }
        order.runSecondsMax = CloudRunJobTier.runSecondsMax
        _ = try await tier.launch(order)
        let create = try #require(try await mock.requests(of: "run-time").last)
        #expect(create.body["template"]?["template"]?["timeout"] == .string("\(CloudRunJobTier.runSecondsMax)s"))
    }

    @Test func aLongNameBecomesADigest() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("run-long", mock)
        var order = try GoldenOrder().order("cloud-run-job")
        order.name = RunOrder.name(jobID: order.jobID, attempt: 100)
        let handle = try await tier.launch(order)
        let id = try #require(handle.split(separator: "/").last)
        #expect(id.utf8.count == CloudRunJobTier.jobIDLettersMax && id.hasPrefix(RunOrder.prefix) && id != order.name)
        #expect(try await tier.find(order.name, at: order.place) == handle)
        #expect(try await tier.runs().map(\.name) == [order.name])
    }

    @Test func aJobOfAnotherDeploymentIsNeitherTakenNorListed() async throws {
        let mock = try await GoogleMock.shared.value
        let tier = try tier("run-shared", mock)
        let order = try GoldenOrder().order("cloud-run-job")
        let handle = try await tier.launch(order)
        let labels: JSON = ["signalbox-run": .string(order.name), "signalbox-deployment": "another"]
        try await mock.change("run.v2", handle, ["labels": labels])
        #expect(try await tier.runs() == [])
        #expect(try await tier.find(order.name, at: order.place) == nil)
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
    }

    @Test(arguments: [
        "cloud-run-job/us-central1/4cpu-16Gi/spot", "cloud-run-job/-/-/spot", "cloud-run-job/us-east1",
        "cloud-run-job/us-central1/3cpu-4Gi", "cloud-run-job/us-central1/4cpu-17Gi",
        "cloud-run-job/us-central1/8cpu-1Gi",
        "cloud-run-job/us-central1/04cpu-16Gi", "cloud-run-job/us-central1/n1-standard-8",
        "cloud-run-job/us-central1/4cpu-16Gi+nvidia-l4:1",
    ]) func refusesWhatMakesNoSense(place: String) async throws {
        let script = ScriptedAPI([])
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        let order = try GoldenOrder().order("cloud-run-job", at: place)
        await #expect { try await tier.launch(order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        #expect(script.sent == [])
    }

    @Test func aPlaceThatNamesNothingCostsWhatRunsThere() throws {
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://api", context: ScriptedAPI([]).context)
        let price = try PriceTable.Entry.ofTests(
            tier: "cloud-run-job",
            region: "us-central1",
            item: "4cpu-16Gi",
            onDemand: 0.5
        )
        let table = PriceTable(date: "2026-01-01", source: "tests", entries: [price])
        #expect(tier.price(of: Place(tier: "cloud-run-job"), in: table) == 0.5)
        #expect(tier.price(of: Place(tier: "cloud-run-job", location: "europe-west4"), in: table) == nil)
    }
}
