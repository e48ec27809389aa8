import GoogleCloud
import Testing
import Wire

/// The judge of requests itself.
@Suite struct GoogleMockTests {
    /// Sends a body to a path of an API; the status of the answer.
    private func send(_ api: String, _ path: String, _ body: JSON, token: String? = "t") async throws -> Int {
        let url = try await GoogleMock.shared.value.endpoint(api) + path
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let request = HTTPRequest(method: "POST", url: url, headers: headers, body: .bytes(body.bytes))
        return try await HTTPClient().send(request).status
    }

    @Test(arguments: [
        ("vertex", "aiplatform.v1", "/v1/projects/judge/locations/us-central1/customJobs"),
        ("tpu", "tpu.v2", "/v2/projects/judge/locations/us-west4-a/queuedResources?queuedResourceId=q"),
        ("compute-engine", "compute.v1", "/compute/v1/projects/judge/zones/us-central1-a/instances"),
    ]) func takesWhatGcloudSends(tier: String, api: String, path: String) async throws {
        #expect(try await send(api, path, try GoldenOrder().gcloudBody(tier)) == 200)
    }

    /// A state that Google documents and nobody here knows would be read as none at all.
    @Test func everyDocumentedValueIsKnown() async throws {
        let mock = try await GoogleMock.shared.value
        func check<Known: RawRepresentable & CaseIterable>(
            _: Known.Type,
            _ field: String,
            of schema: String,
            _ api: String,
            beside ours: Set<String> = []
        ) async throws where Known.RawValue == String {
            let documented = try await mock.values(of: field, api: api, schema: schema)
            #expect(Set(Known.allCases.map(\.rawValue)).subtracting(ours) == documented, "\(schema).\(field)")
        }
        try await check(CustomJob.State.self, "state", of: "GoogleCloudAiplatformV1CustomJob", "aiplatform.v1")
        try await check(QueuedResource.State.self, "state", of: "QueuedResourceState", "tpu.v2")
        try await check(TPUNode.State.self, "state", of: "Node", "tpu.v2")
        try await check(Instance.Status.self, "status", of: "Instance", "compute.v1", beside: ["UNSPECIFIED"])
        let run = "GoogleCloudRunV2"
        try await check(CloudRunCondition.State.self, "state", of: run + "Condition", "run.v2")
        try await check(CloudRunCondition.Reason.self, "reason", of: run + "Condition", "run.v2")
        try await check(CloudRunCondition.ExecutionReason.self, "executionReason", of: run + "Condition", "run.v2")
        try await check(
            CloudRunJob.CompletionStatus.self,
            "completionStatus",
            of: run + "ExecutionReference",
            "run.v2"
        )
    }

    @Test func refusesWhatIsWrong() async throws {
        let path = "/v1/projects/judge/locations/us-central1/customJobs"
        let good = try GoldenOrder().gcloudBody("vertex")
        func changed(_ members: [String: JSON]) throws -> JSON {
            .object(
                try JSONReader(good).members().reduce(into: members) { all, member in
                    all[member.name] = all[member.name] ?? member.reader.value
                }
            )
        }
        let wrong: [JSON] = [
            try changed(["colour": "red"]), try changed(["displayName": 7]),
            try changed(["state": "JOB_STATE_RUNNING"]),
            try changed(["jobSpec": ["workerPoolSpecs": [], "scheduling": ["strategy": "CHEAP"]]]),
            try changed(["jobSpec": ["workerPoolSpecs": [], "scheduling": ["timeout": "3600"]]]),
            try changed(["jobSpec": ["workerPoolSpecs": [["replicaCount": 1]]]]), try changed(["labels": ["a": 1]]),
            try changed(["jobSpec": [:]]), ["displayName": "d"],
        ]
        for body in wrong { #expect(try await send("aiplatform.v1", path, body) == 400, "\(body)") }
        #expect(try await send("aiplatform.v1", path + "?color=red", good) == 400)
        #expect(try await send("aiplatform.v1", path + "/7:cancle", [:]) == 400)
        #expect(try await send("aiplatform.v1", path, good, token: nil) == 400)
        #expect(try await send("aiplatform.v1", path, good) == 200)
    }

    @Test func aSecretIsReadAsTheAPIHasIt() async throws {
        let mock = try await GoogleMock.shared.value
        let manager = SecretManager(
            endpoint: mock.endpoint("secretmanager.v1"),
            credentials: FixedCredentials(token: "token"),
            context: ServiceContext(transport: HTTPClient())
        )
        #expect(try await manager.access("projects/judge/secrets/key/versions/latest") == Array("123456789".utf8))
    }
}
