import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier makes of the API's answers.
@Suite struct CloudRunJobAnswerTests {
    private static let handle = "projects/p/locations/us-central1/jobs/signalbox-job-1-a1"
    private static let log = "https://console.cloud.google.com/logs/x"

    private static func job(_ members: [String: JSON]) -> JSON {
        let ours: [String: JSON] = [
            "name": .string(handle), "template": ["template": [:]],
            "labels": ["signalbox-deployment": "d7a11ca6c32b43a6"],
        ]
        return .object(ours.merging(members) { $1 })
    }

    private static let startedJob = job(["latestCreatedExecution": ["name": "signalbox-job-1-a1-run"]])

    private static func execution(_ members: [String: JSON], hasRun: Bool = true) -> JSON {
        var all = members
        all["name"] = .string("\(handle)/executions/signalbox-job-1-a1-run")
        all["logUri"] = .string(log)
        if hasRun { all["startTime"] = "2026-01-02T03:04:05Z" }
        return .object(all)
    }

    private static func failed(_ condition: [String: JSON] = [:], hasRun: Bool = true, cancelled: Int64 = 0) -> JSON {
        let completed: [String: JSON] = ["type": "Completed", "state": "CONDITION_FAILED"]
        let counts: [String: JSON] = ["failedCount": .integer(1 - cancelled), "cancelledCount": .integer(cancelled)]
        let rest: [String: JSON] = [
            "completionTime": "2026-01-02T03:05:05Z", "conditions": [.object(completed.merging(condition) { $1 })],
        ]
        return execution(counts.merging(rest) { $1 }, hasRun: hasRun)
    }

    private static func tasks(_ result: [String: JSON]) -> JSON {
        let name = JSON.string("\(handle)/executions/signalbox-job-1-a1-run/tasks/t")
        return ["tasks": [["name": name, "lastAttemptResult": .object(result)]]]
    }

    private func inspect(_ job: JSON, _ execution: JSON? = nil, _ tasks: JSON? = nil) async throws -> RunState {
        let mock = try await GoogleMock.shared.value
        let schemas = ["GoogleCloudRunV2Job", "GoogleCloudRunV2Execution", "GoogleCloudRunV2ListTasksResponse"]
        let answers = [job, execution, tasks]
        for (schema, answer) in zip(schemas, answers) {
            guard let answer else { continue }
            #expect(try await mock.faults(of: answer, api: "run.v2", schema: schema) == [])
        }
        let script = ScriptedAPI(answers.compactMap { $0.map { .answer(200, $0) } })
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        let state = try await tier.inspect(Self.handle)
        #expect(script.stepsLeft == 0)
        return state
    }

    @Test func beforeTheExecution() async throws {
        func condition(_ state: String, _ members: [String: JSON] = [:]) -> JSON {
            let condition: [String: JSON] = ["type": "Ready", "state": .string(state)]
            return Self.job(["terminalCondition": .object(condition.merging(members) { $1 })])
        }
        #expect(try await inspect(Self.job([:])) == .starting)
        for state in ["STATE_UNSPECIFIED", "CONDITION_PENDING", "CONDITION_RECONCILING", "CONDITION_SUCCEEDED"] {
            #expect(try await inspect(condition(state)) == .starting)
        }
        for reason in CloudRunCondition.Reason.allCases {
            let job = condition("CONDITION_FAILED", ["reason": .string(reason.rawValue), "message": "why"])
            #expect(try await inspect(job) == Self.meaning(of: reason), "\(reason)")
        }
        let silent = condition("CONDITION_FAILED", ["reason": "POSTPONED_RETRY"])
        #expect(try await inspect(silent) == .lost(detail: "POSTPONED_RETRY"))
        let quota = condition("CONDITION_FAILED", ["message": "Quota exceeded for total allowable CPU per project."])
        #expect(
            try await inspect(quota)
                == .refused(TierError(.quota, "Quota exceeded for total allowable CPU per project."))
        )
    }

    private static func meaning(of reason: CloudRunCondition.Reason) -> RunState {
        switch reason {
        case .undefined, .revisionFailed, .containerMissing, .networkNotFound:
            .refused(TierError(.invalidOrder, "why"))
        case .containerPermissionDenied, .imageUnauthorized, .imageCheckFailed, .keyPermissionDenied, .keyCheckFailed,
            .secretsCheckFailed:
            .refused(TierError(.permissionDenied, "why"))
        case .progressDeadlineExceeded: .refused(TierError(.capacity, "why"))
        case .unknown, .waiting, .immediateRetry, .postponedRetry, .internal: .lost(detail: "why")
        }
    }

    private static func meaning(of reason: CloudRunCondition.ExecutionReason) -> RunState {
        switch reason {
        case .undefined, .nonZeroExitCode, .delayedStartPending, .delayedTooLong:
            .ended(detail: "why; log: \(log)")
        case .pollingError, .deleted: .lost(detail: "why")
        case .cancelled, .cancelling: .ended(detail: "the execution was cancelled; log: \(log)")
        }
    }

    @Test func everyReasonForWhichAnExecutionFails() async throws {
        for reason in CloudRunCondition.ExecutionReason.allCases {
            let failed = Self.failed(["executionReason": .string(reason.rawValue), "message": "why"])
            let state = try await inspect(Self.startedJob, failed, ["tasks": []])
            #expect(state == Self.meaning(of: reason), "\(reason)")
        }
    }

    @Test func aStrangersJobIsNoneOfOurs() async throws {
        let stranger = Self.job(["labels": ["signalbox-deployment": "another"]])
        #expect(try await inspect(stranger) == .gone)
        let script = ScriptedAPI([.answer(200, stranger)])
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        try await tier.cancel(Self.handle)
        #expect(script.sent.count == 1 && script.stepsLeft == 0)
    }

    @Test func theStatesOfAnExecution() async throws {
        let done: [String: JSON] = ["succeededCount": 1, "completionTime": "2026-01-02T03:05:05Z"]
        #expect(try await inspect(Self.startedJob, Self.execution([:], hasRun: false)) == .starting)
        #expect(try await inspect(Self.startedJob, Self.execution(["runningCount": 1])) == .running)
        #expect(try await inspect(Self.startedJob, Self.execution([:])) == .running)
        #expect(
            try await inspect(Self.startedJob, Self.execution(done))
                == .ended(detail: "the trainer ended with exit status 0")
        )
    }

    @Test func theCausesOfAFailureAreToldApart() async throws {
        let failed = Self.failed(["executionReason": "NON_ZERO_EXIT_CODE"])
        #expect(try await inspect(Self.startedJob, failed, Self.tasks(["exitCode": 75])) == .preempted)
        #expect(
            try await inspect(Self.startedJob, failed, Self.tasks(["exitCode": 1]))
                == .ended(detail: "the trainer ended with exit status 1; log: \(Self.log)")
        )
        let killed = Self.tasks(["termSignal": 9, "status": ["code": 8, "message": "Memory limit exceeded."]])
        #expect(
            try await inspect(Self.startedJob, failed, killed)
                == .ended(detail: "the trainer was ended by signal 9: Memory limit exceeded.; log: \(Self.log)")
        )
        let late = Self.tasks(["status": ["code": 4, "message": "The configured timeout was reached."]])
        #expect(
            try await inspect(Self.startedJob, Self.failed(), late)
                == .ended(detail: "The configured timeout was reached.; log: \(Self.log)")
        )
        let broken = Self.tasks(["status": ["code": 13, "message": "The system failed."]])
        #expect(try await inspect(Self.startedJob, Self.failed(), broken) == .lost(detail: "The system failed."))
        let cancelled = Self.failed(["executionReason": "CANCELLED"], cancelled: 1)
        #expect(
            try await inspect(Self.startedJob, cancelled, ["tasks": []])
                == .ended(detail: "the execution was cancelled; log: \(Self.log)")
        )
        let missing = Self.failed(["reason": "CONTAINER_MISSING", "message": "No image."], hasRun: false)
        #expect(
            try await inspect(Self.startedJob, missing, ["tasks": []])
                == .refused(TierError(.invalidOrder, "No image."))
        )
    }

    @Test func everyStatusOfTheNewestExecutionInAList() async throws {
        let golden = try GoldenOrder()
        let order = try golden.order("cloud-run-job")
        let labels = JSON.object(try golden.container.labels(for: order).mapValues { .string($0) })
        let expected: [CloudRunJob.CompletionStatus: RunState] = [
            .unspecified: .starting, .pending: .starting, .running: .running,
            .succeeded: .ended(detail: "the trainer ended with exit status 0"),
            .failed: .ended(detail: "the execution failed"), .cancelled: .ended(detail: "the execution was cancelled"),
        ]
        for status in CloudRunJob.CompletionStatus.allCases {
            let execution: JSON = ["name": "e", "completionStatus": .string(status.rawValue)]
            let script = ScriptedAPI([
                .answer(200, ["jobs": [Self.job(["labels": ["other": "job"]])], "nextPageToken": "2"]),
                .answer(200, ["jobs": [Self.job(["labels": labels, "latestCreatedExecution": execution])]]),
                .answer(200, [:]),
            ])
            let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
            let state = try #require(expected[status])
            #expect(try await tier.runs() == [TierRun(name: order.name, handle: Self.handle, state: state)])
        }
    }

    private func launchError(_ steps: [ScriptedAPI.Step]) async throws -> TierError.Code? {
        let script = ScriptedAPI(steps)
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        do {
            _ = try await tier.launch(try GoldenOrder().order("cloud-run-job"))
            return nil
        } catch {
            #expect(script.stepsLeft == 0)
            return (error as? TierError)?.code
        }
    }

    @Test func refusalsOfALaunch() async throws {
        let operation: JSON = ["name": "projects/p/locations/l/operations/o"]
        #expect(try await launchError([.answer(200, operation)]) == nil)
        let quota = "Quota exceeded for total allowable CPU per project per region."
        #expect(try await launchError([.error(429, "RESOURCE_EXHAUSTED", quota)]) == .quota)
        #expect(try await launchError([.error(429, "RESOURCE_EXHAUSTED", TierErrorTests.callQuota)]) == .unreachable)
        #expect(try await launchError([.error(403, "PERMISSION_DENIED")]) == .permissionDenied)
        #expect(try await launchError([.error(400, "INVALID_ARGUMENT")]) == .invalidOrder)
        #expect(try await launchError([.error(404, "NOT_FOUND")]) == .invalidOrder)
        #expect(try await launchError([.error(503, "UNAVAILABLE")]) == .unreachable)
        #expect(try await launchError([.failure(.connectionLost)]) == .unreachable)
        let refused: JSON = ["name": "o", "done": true, "error": ["code": 7, "message": "no actAs"]]
        #expect(try await launchError([.answer(200, refused)]) == .permissionDenied)
    }

    @Test func aLostAnswerToTheCreateIsFoundAgain() async throws {
        let golden = try GoldenOrder()
        let order = try golden.order("cloud-run-job")
        let labels = JSON.object(try golden.container.labels(for: order).mapValues { .string($0) })
        let script = ScriptedAPI([.error(409, "ALREADY_EXISTS"), .answer(200, Self.job(["labels": labels]))])
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        #expect(try await tier.launch(order) == "projects/p/locations/us-central1/jobs/\(order.name)")
    }

    @Test func aNameThatIsTakenIsToldFromOneThatIsJustBeingGivenBack() async throws {
        let taken = ScriptedAPI.Step.error(409, "ALREADY_EXISTS")
        #expect(try await launchError([taken, .answer(200, Self.job([:]))]) == .invalidOrder)
        #expect(try await launchError([taken, .error(404, "NOT_FOUND")]) == .unreachable)
    }

    @Test func cancellingAgainLeavesTheTrainerItsNotice() async throws {
        let condition: JSON = [
            "type": "Completed", "state": "CONDITION_RECONCILING", "executionReason": "CANCELLING",
        ]
        let execution = Self.execution(["runningCount": 1, "conditions": [condition]])
        let script = ScriptedAPI([.answer(200, Self.startedJob), .answer(200, execution)])
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        try await tier.cancel(Self.handle)
        #expect(script.sent.allSatisfy { $0.hasPrefix("GET ") } && script.stepsLeft == 0)
    }

    @Test func cancellingDeletesWhatIsOver() async throws {
        let operation: JSON = ["name": "projects/p/locations/l/operations/o"]
        let script = ScriptedAPI([
            .answer(200, Self.startedJob), .answer(200, Self.failed()), .answer(200, operation),
            .error(404, "NOT_FOUND"),
        ])
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        try await tier.cancel(Self.handle)
        #expect(script.sent.last == "DELETE http://run/v2/\(Self.handle)")
        try await tier.cancel(Self.handle)
        #expect(script.stepsLeft == 0)
    }

    @Test(arguments: ["projects/1/locations/l/customJobs/2", "projects/1/locations/../jobs/2", "", "7"])
    func refusesHandlesOfOthers(handle: String) async throws {
        let script = ScriptedAPI([])
        let tier = try CloudRunJobTier.ofTests(project: "p", endpoint: "http://run", context: script.context)
        await #expect { try await tier.inspect(handle) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        await #expect { try await tier.cancel(handle) } throws: { ($0 as? TierError)?.code == .invalidOrder }
    }
}
