import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier makes of the API's answers.
@Suite struct VertexAnswerTests {
    private static let handle = "projects/123/locations/us-central1/customJobs/7"

    private static func job(_ state: String, error: JSON? = nil, hasRun: Bool = false) -> JSON {
        var members: [String: JSON] = [
            "name": .string(handle), "displayName": "signalbox-job-1-a1", "state": .string(state),
            "createTime": "2026-01-02T03:04:05.678Z",
        ]
        if hasRun { members["startTime"] = "2026-01-02T03:05:05Z" }
        if let error { members["error"] = error }
        return .object(members)
    }

    private static func failure(_ code: Int64, _ message: String, hasRun: Bool = false) -> JSON {
        job("JOB_STATE_FAILED", error: ["code": .integer(code), "message": .string(message)], hasRun: hasRun)
    }

    private func inspect(_ job: JSON) async throws -> RunState {
        let mock = try await GoogleMock.shared.value
        #expect(
            try await mock.faults(of: job, api: "aiplatform.v1", schema: "GoogleCloudAiplatformV1CustomJob") == []
        )
        let script = ScriptedAPI([.answer(200, job)])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        let state = try await tier.inspect(Self.handle)
        #expect(script.sent == ["GET http://vertex/v1/\(Self.handle)"])
        return state
    }

    @Test func everyStateOfTheAPI() async throws {
        let expected: [CustomJob.State: RunState] = [
            .unspecified: .running, .queued: .starting, .pending: .starting, .running: .running,
            .succeeded: .ended(detail: "the trainer ended with exit status 0"), .cancelling: .running,
            .failed: .ended(detail: "the job failed without an explanation"),
            .cancelled: .ended(detail: "the job was cancelled"),
            .paused: .lost(detail: "the job was paused, which nothing of ours does"),
            .expired: .refused(TierError(.capacity, "the job expired: no machine in time")), .updating: .running,
            .partiallySucceeded: .ended(detail: "the trainer ended with exit status 0"),
        ]
        for state in CustomJob.State.allCases {
            #expect(try await inspect(Self.job(state.rawValue)) == expected[state], "\(state)")
        }
        #expect(try await inspect(Self.job("JOB_STATE_EXPIRED", hasRun: true)) == .ended(detail: "the job expired"))
    }

    @Test func aStateThatCameLaterIsAliveUntilTheJobHasAnEnd() async throws {
        var members: [String: JSON] = ["name": .string(Self.handle), "displayName": "d", "state": "JOB_STATE_TOMORROW"]
        for (ended, expected) in [
            (nil, RunState.running),
            ("2026-01-02T03:04:05Z", .ended(detail: "the job is over in a state that is not known")),
        ] as [(JSON?, RunState)] {
            members["endTime"] = ended
            let script = ScriptedAPI([.answer(200, .object(members))])
            let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
            #expect(try await tier.inspect(Self.handle) == expected)
        }
    }

    @Test func theCausesOfAFailureAreToldApart() async throws {
        let exit = "The replica workerpool0-0 exited with a non-zero status of"
        let stockout = "Resources are insufficient in region: us-central1. Please try a different region."
        let quota = TierErrorTests.vertexQuota
        let cases: [(JSON, RunState)] = [
            (
                Self.failure(3, "\(exit) 1. See the logs: https://l", hasRun: true),
                .ended(detail: "\(exit) 1. See the logs: https://l")
            ),
            (Self.failure(3, "\(exit) 75. See the logs.", hasRun: true), .preempted),
            (Self.failure(8, stockout), .refused(TierError(.capacity, stockout))),
            (Self.failure(8, stockout, hasRun: true), .preempted),
            (Self.failure(8, quota), .refused(TierError(.quota, quota))),
            (Self.failure(14, "Spot VM was preempted.", hasRun: true), .preempted),
            (
                Self.failure(13, "Internal error occurred for the current attempt.", hasRun: true),
                .lost(detail: "Internal error occurred for the current attempt.")
            ),
            (Self.failure(14, "The worker is gone."), .lost(detail: "The worker is gone.")),
            (
                Self.failure(7, "Image pull: permission denied"),
                .refused(TierError(.permissionDenied, "Image pull: permission denied"))
            ),
            (
                Self.failure(3, "The image does not exist"),
                .refused(TierError(.invalidOrder, "The image does not exist"))
            ),
            (Self.failure(4, "The job ran out of time", hasRun: true), .ended(detail: "The job ran out of time")),
        ]
        for (job, expected) in cases { #expect(try await inspect(job) == expected) }
    }

    private func launchError(_ steps: [ScriptedAPI.Step]) async throws -> TierError.Code? {
        let script = ScriptedAPI([.answer(200, [:])] + steps)
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        do {
            _ = try await tier.launch(try GoldenOrder().order("vertex"))
            return nil
        } catch {
            #expect(script.stepsLeft == 0)
            return (error as? TierError)?.code
        }
    }

    @Test func refusalsOfALaunch() async throws {
        let quota = ScriptedAPI.Step.error(429, "RESOURCE_EXHAUSTED", TierErrorTests.vertexQuota)
        #expect(try await launchError([quota]) == .quota)
        #expect(try await launchError([.error(429, "RESOURCE_EXHAUSTED", TierErrorTests.callQuota)]) == .unreachable)
        #expect(
            try await launchError([.error(429, "RESOURCE_EXHAUSTED", reason: "RATE_LIMIT_EXCEEDED")]) == .unreachable
        )
        #expect(try await launchError([.error(403, "PERMISSION_DENIED")]) == .permissionDenied)
        #expect(
            try await launchError([.error(401, "UNAUTHENTICATED"), .error(401, "UNAUTHENTICATED")]) == .permissionDenied
        )
        #expect(
            try await launchError([.error(400, "INVALID_ARGUMENT", "Machine type is not supported.")]) == .invalidOrder
        )
        #expect(try await launchError([.error(503, "UNAVAILABLE")]) == .unreachable)
        #expect(try await launchError([.error(500, "INTERNAL")]) == .unreachable)
        #expect(try await launchError([.failure(.timedOut)]) == .unreachable)
        #expect(try await launchError([.failure(.connectFailed)]) == .unreachable)
        #expect(try await launchError([.answer(200, ["state": "JOB_STATE_PENDING"])]) == .unreachable)
    }

    @Test func whatIsNotThereIsGoneAndNeedsNoCancelling() async throws {
        let script = ScriptedAPI([.error(404, "NOT_FOUND"), .error(404, "NOT_FOUND")])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        #expect(try await tier.inspect(Self.handle) == .gone)
        try await tier.cancel(Self.handle)
        #expect(script.stepsLeft == 0)
    }

    @Test func aJobThatEndsWhileItIsCancelledIsNoError() async throws {
        let script = ScriptedAPI([
            .answer(200, Self.job("JOB_STATE_RUNNING")), .error(400, "FAILED_PRECONDITION"),
        ])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        try await tier.cancel(Self.handle)
        #expect(script.stepsLeft == 0)
    }

    /// Which of jobs 1, 2, 3 … of these states is found; each is older than the one before.
    private func found(_ states: [String]) async throws -> String? {
        let golden = try GoldenOrder()
        let order = try golden.order("vertex")
        let labels = JSON.object(try golden.container.labels(for: order).mapValues { .string($0) })
        let jobs = states.enumerated().map { index, state -> JSON in
            [
                "name": .string("projects/1/locations/us-central1/customJobs/\(index + 1)"), "labels": labels,
                "state": .string(state), "createTime": .string("2026-01-02T03:0\(9 - index):00Z"),
            ]
        }
        let script = ScriptedAPI([.answer(200, ["customJobs": .array(jobs)])])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        return try await tier.find(order.name, at: order.place)?.split(separator: "/").last.map(String.init)
    }

    @Test func ofTwinsOneThatLivesIsFoundAndElseTheOldest() async throws {
        #expect(try await found(["JOB_STATE_RUNNING", "JOB_STATE_PENDING", "JOB_STATE_FAILED"]) == "2")
        #expect(try await found(["JOB_STATE_QUEUED", "JOB_STATE_SUCCEEDED"]) == "1")
        #expect(try await found(["JOB_STATE_FAILED", "JOB_STATE_CANCELLED"]) == "2")
        #expect(try await found([]) == nil)
    }

    @Test func allPagesAreReadAndTheOldestOfTwinsIsFound() async throws {
        let golden = try GoldenOrder()
        let order = try golden.order("vertex")
        let labels = JSON.object(try golden.container.labels(for: order).mapValues { .string($0) })
        func job(_ number: Int, _ minute: Int) -> JSON {
            [
                "name": .string("projects/1/locations/us-central1/customJobs/\(number)"), "labels": labels,
                "state": "JOB_STATE_RUNNING", "createTime": .string("2026-01-02T03:1\(minute):00Z"),
            ]
        }
        let script = ScriptedAPI([
            .answer(200, ["customJobs": [job(1, 5)], "nextPageToken": "more"]),
            .answer(200, ["customJobs": [job(2, 3)]]),
        ])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        let found = try await tier.find(order.name, at: order.place)
        #expect(found == "projects/1/locations/us-central1/customJobs/2")
        #expect(script.sent.last?.hasSuffix("&pageToken=more") == true)
    }

    /// A launch that finds nothing and makes job 2 of minute 15; then `listed` is what the list shows.
    private func launch(listed: [(number: Int, minute: Int)]?) async throws -> (handle: String, last: String?) {
        let golden = try GoldenOrder()
        let order = try golden.order("vertex")
        let labels = JSON.object(try golden.container.labels(for: order).mapValues { .string($0) })
        func job(_ number: Int, _ minute: Int) -> JSON {
            [
                "name": .string("projects/1/locations/us-central1/customJobs/\(number)"), "labels": labels,
                "state": "JOB_STATE_PENDING", "createTime": .string("2026-01-02T03:\(minute):00Z"),
            ]
        }
        let list = listed.map { ScriptedAPI.Step.answer(200, ["customJobs": .array($0.map { job($0, $1) })]) }
        let script = ScriptedAPI([
            .answer(200, [:]), .answer(200, job(2, 15)), list ?? .failure(.timedOut), .answer(200, [:]),
        ])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        return (try await tier.launch(order), script.sent.last)
    }

    @Test func ofTwoThatAreLaunchedAtOnceTheOlderStays() async throws {
        let jobs = "projects/1/locations/us-central1/customJobs"
        let younger = try await launch(listed: [(2, 15), (1, 13)])
        #expect(younger.handle == "\(jobs)/1")
        #expect(younger.last == "POST http://vertex/v1/\(jobs)/2:cancel")
        // Also where the list lags behind, or there is none.
        for listed in [[(2, 15), (3, 17)], [(3, 17)], [], nil] as [[(number: Int, minute: Int)]?] {
            let older = try await launch(listed: listed)
            #expect(older.handle == "\(jobs)/2")
            #expect(older.last?.hasPrefix("GET ") == true)
        }
    }

    @Test(arguments: ["projects/1/locations/l/jobs/2", "projects/1/locations/../customJobs/2", "", "7"])
    func refusesHandlesOfOthers(handle: String) async throws {
        let script = ScriptedAPI([])
        let tier = try VertexTier.ofTests(project: "p", endpoint: "http://vertex", context: script.context)
        await #expect { try await tier.inspect(handle) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        await #expect { try await tier.cancel(handle) } throws: { ($0 as? TierError)?.code == .invalidOrder }
    }

    @Test func theAddressIsTheRegions() async throws {
        let script = ScriptedAPI([.answer(200, Self.job("JOB_STATE_RUNNING"))])
        let service = VertexAI(project: "p", credentials: FixedCredentials(token: "t"), context: script.context)
        _ = try await service.job(try #require(CustomJob.resourceName(Self.handle)))
        #expect(script.sent == ["GET https://us-central1-aiplatform.googleapis.com/v1/\(Self.handle)"])
    }

    @Test func isConfiguredByItsRegion() throws {
        let golden = try GoldenOrder()
        let context = ScriptedAPI([]).context
        let google = try GoogleCloudEnvironment { ["GOOGLE_CLOUD_PROJECT": "p"][$0] }
        #expect(try VertexTier.configured(try golden.environment, google: google, context: context) == nil)
        let bare = Environment(["SIGNALBOX_VERTEX_REGION": "us-central1"])
        #expect(throws: ConfigurationError("SIGNALBOX_TRAINER_IMAGE", "is not set")) {
            try VertexTier.configured(bare, google: google, context: context)
        }
        let nobody = try GoogleCloudEnvironment { _ in nil }
        #expect(throws: ConfigurationError("GOOGLE_CLOUD_PROJECT", "is not set")) {
            try VertexTier.configured(bare, google: nobody, context: context)
        }
    }
}
