import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier makes of the API's answers about a run.
@Suite struct ComputeEngineAnswerTests {
    private static let run = "signalbox-job-0123456789abcdef0123456789abcdef-a1"
    private static let handle = "projects/p/zones/us-central1-a/instances/\(run)"
    private static let ended = "the trainer ended with exit status"

    /// Inspects a run whose machine has that status (nil: it is gone), with a report and things that happened to it.
    private func inspect(
        _ status: String?,
        report: String? = nil,
        operations: [JSON]? = nil
    ) async throws -> RunState {
        let mock = try await GoogleMock.shared.value
        var steps: [ScriptedAPI.Step] = [status.map { .answer(200, ComputeAnswer.instance($0)) } ?? .error(404, "")]
        if let status {
            #expect(
                try await mock.faults(of: ComputeAnswer.instance(status), api: "compute.v1", schema: "Instance") == []
            )
        }
        if let operations {
            let list: JSON = ["kind": "compute#operationList", "id": "l", "items": .array(operations)]
            #expect(try await mock.faults(of: list, api: "compute.v1", schema: "OperationList") == [])
            steps.append(.answer(200, list))
        }
        let script = ScriptedAPI(steps)
        let shelf = ReportShelf()
        if let report { try await shelf.put(report, of: Self.run) }
        let tier = try ComputeEngineTier.ofTests(
            project: "p",
            endpoint: "http://c",
            context: script.context,
            reports: shelf
        )
        let state = try await tier.inspect(Self.handle)
        #expect(script.stepsLeft == 0)
        return state
    }

    @Test func everyStatusOfTheAPI() async throws {
        let off = RunState.lost(detail: "the machine was turned off, and its trainer did not report")
        let suspended = RunState.lost(detail: "the machine was suspended, which nothing of ours does")
        let expected: [Instance.Status: RunState] = [
            .pending: .starting, .provisioning: .starting, .staging: .starting, .running: .running,
            .pendingStop: .running, .stopping: .running, .deprovisioning: off, .stopped: off, .terminated: off,
            .suspending: suspended, .suspended: suspended,
            .repairing: .lost(detail: "the machine broke down, and is being repaired"),
        ]
        for status in Instance.Status.allCases where status != .unspecified {
            let operations: [JSON]? = expected[status] == off ? [] : nil
            #expect(try await inspect(status.rawValue, operations: operations) == expected[status], "\(status)")
        }
        let script = ScriptedAPI([.answer(200, ComputeAnswer.instance("TOMORROW"))])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        #expect(try await tier.inspect(Self.handle) == .running)
        #expect(try await inspect(nil, operations: [ComputeAnswer.operation("insert")]) == .gone)
    }

    @Test(arguments: ["RUNNING", "TERMINATED", nil])
    func aReportTellsHowTheTrainerEnded(status: String?) async throws {
        #expect(try await inspect(status, report: "ended 0\n") == .ended(detail: "\(Self.ended) 0"))
        #expect(
            try await inspect(status, report: "limit 137\nlate\n")
                == .ended(detail: "stopped at its time limit; \(Self.ended) 137; its last words:\nlate")
        )
        #expect(try await inspect(status, report: "preempted 137\n") == .preempted)
        #expect(
            try await inspect(status, report: "ended 1\nTraceback\nboom\n", operations: [])
                == .ended(detail: "\(Self.ended) 1; its last words:\nTraceback\nboom")
        )
        #expect(try await inspect(status, report: "stopped 75\n", operations: []) == .preempted)
        #expect(
            try await inspect(status, report: "unstarted 1\nError: manifest unknown\n", operations: [])
                == .refused(TierError(.invalidOrder, "the container did not start: Error: manifest unknown\n"))
        )
    }

    @Test func aMachineThatShutsDownIsAliveUntilItIsOff() async throws {
        for status in ["STOPPING", "PENDING_STOP"] {
            #expect(try await inspect(status, report: "ended 0\n") == .running)
        }
    }

    @Test(arguments: ["TERMINATED", nil]) func whatHappenedToTheMachineExplainsTheRest(status: String?) async throws {
        let cases: [(String, RunState)] = [
            ("compute.instances.preempted", .preempted),
            ("compute.instances.hostError", .lost(detail: "the machine's host failed")),
            ("compute.instances.terminateOnHostMaintenance", .lost(detail: "the machine's host was maintained")),
            (
                "compute.instances.automaticRestart",
                .lost(detail: "the machine was started again under the trainer")
            ),
        ]
        for (kind, expected) in cases {
            let operations = [ComputeAnswer.operation("insert"), ComputeAnswer.operation(kind)]
            #expect(try await inspect(status, operations: operations) == expected)
            #expect(try await inspect(status, report: "ended 137\n", operations: operations) == expected)
            #expect(try await inspect(status, report: "ended 0\n") == .ended(detail: "\(Self.ended) 0"))
        }
    }

    @Test func anOrderThatFailedLaterIsRefused() async throws {
        for (failure, expected) in ComputeAnswer.failures {
            let operations = [ComputeAnswer.operation("insert", failure: failure)]
            guard case .refused(let error) = try await inspect(nil, operations: operations) else {
                Issue.record("\(failure) is no refusal")
                continue
            }
            #expect(error.code == expected, "\(failure)")
        }
        let broken = ComputeAnswer.operation("insert", failure: .internalError)
        guard case .lost = try await inspect(nil, operations: [broken]) else {
            Issue.record("a failure of the service's own is no loss")
            return
        }
    }

    @Test func operationsOfOtherMachinesDoNotCount() async throws {
        let other = ComputeAnswer.operation("compute.instances.preempted", on: "\(Self.handle)0")
        #expect(try await inspect(nil, operations: [other]) == .gone)
    }

    @Test func silenceIsNoEvidence() async throws {
        let found = ScriptedAPI.Step.answer(200, ComputeAnswer.instance("TERMINATED"))
        let cases: [([ScriptedAPI.Step], TierError.Code)] = [
            ([.failure(.timedOut)], .unreachable), ([.error(503, "UNAVAILABLE")], .unreachable),
            ([.error(403, "PERMISSION_DENIED")], .permissionDenied), ([found, .error(500, "")], .unreachable),
            ([.answer(200, [:])], .unreachable), ([.error(429, "", reason: "rateLimitExceeded")], .unreachable),
        ]
        for (steps, expected) in cases {
            let script = ScriptedAPI(steps)
            let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
            await #expect { try await tier.inspect(Self.handle) } throws: { ($0 as? TierError)?.code == expected }
        }
        let script = ScriptedAPI([])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        for handle in ["", "projects/p/zones/z", "projects/p/zones/z/instances/..", "p/p/z/z/i/i"] {
            await #expect { try await tier.inspect(handle) } throws: { ($0 as? TierError)?.code == .invalidOrder }
            await #expect { try await tier.cancel(handle) } throws: { ($0 as? TierError)?.code == .invalidOrder }
        }
    }

    @Test func aCancelOfWhatIsGoneOrGoingIsNoError() async throws {
        let running = ScriptedAPI.Step.answer(200, ComputeAnswer.instance("RUNNING"))
        let deletion = ScriptedAPI.Step.answer(200, ComputeAnswer.operation("delete"))
        let notReady = ScriptedAPI.Step.answer(
            400,
            ["error": ["code": 400, "message": "not ready", "errors": [["reason": "resourceNotReady"]]]]
        )
        let cases: [[ScriptedAPI.Step]] = [
            [.error(404, "")], [.answer(200, ComputeAnswer.instance("DEPROVISIONING"))], [running, .error(404, "")],
            [running, notReady], [running, deletion], [.answer(200, ComputeAnswer.instance("TERMINATED")), deletion],
        ]
        for steps in cases {
            let script = ScriptedAPI(steps)
            let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
            try await tier.cancel(Self.handle)
            #expect(script.stepsLeft == 0)
        }
        let script = ScriptedAPI([running, .error(403, "PERMISSION_DENIED")])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        await #expect { try await tier.cancel(Self.handle) } throws: { ($0 as? TierError)?.code == .permissionDenied }
    }

    @Test func readsAllPagesOfAllZones() async throws {
        let deployment = try GoldenOrder().container.deployment
        func page(_ zone: String, _ run: String, next: String?) -> ScriptedAPI.Step {
            let labels: JSON = ["signalbox-run": .string(run), "signalbox-deployment": .string(deployment)]
            let handle = "projects/p/zones/\(zone)/instances/\(run)"
            let stranger: JSON = ["signalbox-run": .string(run), "signalbox-deployment": "another"]
            var answer: [String: JSON] = [
                "items": [
                    "zones/elsewhere": ["warning": ["code": "NO_RESULTS_ON_PAGE"]],
                    .init("zones/\(zone)"): [
                        "instances": [
                            ComputeAnswer.instance("RUNNING", handle, labels),
                            ComputeAnswer.instance("RUNNING", handle + "0", stranger),
                        ]
                    ],
                ]
            ]
            answer["nextPageToken"] = next.map { .string($0) }
            return .answer(200, .object(answer))
        }
        let script = ScriptedAPI([
            page("z-a", "signalbox-1-a1", next: "more"), page("z-b", "signalbox-2-a1", next: nil),
        ])
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        #expect(
            try await tier.runs() == [
                TierRun(
                    name: "signalbox-1-a1",
                    handle: "projects/p/zones/z-a/instances/signalbox-1-a1",
                    state: .running
                ),
                TierRun(
                    name: "signalbox-2-a1",
                    handle: "projects/p/zones/z-b/instances/signalbox-2-a1",
                    state: .running
                ),
            ]
        )
        let list = "GET http://c/compute/v1/projects/p/aggregated/instances?filter="
        let filter = "labels.signalbox-deployment%3D%22\(deployment)%22&maxResults=500"
        #expect(script.sent == [list + filter, list + filter + "&pageToken=more"])
    }
}
