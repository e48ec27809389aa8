import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What the tier makes of the API's answers.
@Suite struct TPUAnswerTests {
    private static let ended = "the trainer ended with exit status"

    /// Inspects a run with that queued resource (nil: it is gone), node and report.
    private func inspect(
        _ resource: JSON?,
        node: ScriptedAPI.Step? = nil,
        report: String? = nil
    ) async throws -> RunState {
        let mock = try await GoogleMock.shared.value
        if let resource {
            #expect(try await mock.faults(of: resource, api: "tpu.v2", schema: "QueuedResource") == [])
        }
        if case .answer(200, let node) = node {
            #expect(try await mock.faults(of: node, api: "tpu.v2", schema: "Node") == [])
        }
        let first = resource.map { ScriptedAPI.Step.answer(200, $0) } ?? .error(404, "NOT_FOUND")
        let script = ScriptedAPI([first] + (node.map { [$0] } ?? []))
        let shelf = ReportShelf()
        if let report { try await shelf.put(report, of: TPUAnswer.run) }
        let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: script.context, reports: shelf)
        let state = try await tier.inspect(TPUAnswer.handle)
        #expect(script.stepsLeft == 0)
        return state
    }

    @Test func everyStateOfAQueuedResource() async throws {
        let suspended = RunState.lost(detail: "the node was deleted, and its trainer did not report")
        let expected: [QueuedResource.State: RunState] = [
            .unspecified: .running, .creating: .starting, .accepted: .starting, .waitingForResources: .starting,
            .provisioning: .starting, .deleting: .running, .suspending: suspended, .suspended: suspended,
            .failed: .refused(TierError(.capacity, "the order failed without an explanation")), .active: .running,
        ]
        for state in QueuedResource.State.allCases {
            let node: ScriptedAPI.Step? = state == .active ? .answer(200, TPUAnswer.node("READY")) : nil
            let found = try await inspect(TPUAnswer.resource(state.rawValue), node: node)
            #expect(found == expected[state], "\(state)")
        }
        #expect(try await inspect(nil) == .gone)
    }

    @Test func everyStateOfANode() async throws {
        let repaired = RunState.lost(detail: "the node is being repaired: hot")
        let again = RunState.lost(detail: "the node was started again under the trainer: hot")
        let hidden = RunState.lost(detail: "the node was taken out of sight: hot")
        let expected: [TPUNode.State: RunState] = [
            .unspecified: .running, .creating: .starting, .ready: .running, .restarting: again, .reimaging: again,
            .deleting: .running, .repairing: repaired, .stopped: .lost(detail: "the node is off: hot"),
            .stopping: .running, .starting: .starting, .preempted: .preempted,
            .terminated: .lost(detail: "the node was ended for maintenance: hot"), .hiding: hidden, .hidden: hidden,
            .unhiding: hidden, .unknown: repaired,
        ]
        let active = TPUAnswer.resource("ACTIVE", isSpot: false)
        for state in TPUNode.State.allCases {
            let node = ScriptedAPI.Step.answer(200, TPUAnswer.node(state.rawValue, "hot"))
            #expect(try await inspect(active, node: node) == expected[state], "\(state)")
        }
        let terminated = ScriptedAPI.Step.answer(200, TPUAnswer.node("TERMINATED"))
        #expect(try await inspect(TPUAnswer.resource("ACTIVE"), node: terminated) == .preempted)
        #expect(
            try await inspect(active, node: .error(404, "NOT_FOUND"))
                == .lost(detail: "the node is gone, and its queued resource is not")
        )
    }

    @Test func whoSuspendedItTellsPreemption() async throws {
        for state in ["SUSPENDING", "SUSPENDED"] {
            let taken = TPUAnswer.resource(state, initiator: "SERVICE")
            #expect(try await inspect(taken) == .preempted)
            #expect(try await inspect(taken, report: "ended 137\n") == .preempted)
            #expect(try await inspect(taken, report: "ended 0\n") == .ended(detail: "\(Self.ended) 0"))
            let guaranteed = TPUAnswer.resource(state, initiator: "SERVICE", isSpot: false)
            #expect(try await inspect(guaranteed) == .lost(detail: "Cloud TPU took the node back"))
            let byHand = TPUAnswer.resource(state, initiator: "USER")
            #expect(
                try await inspect(byHand, report: "ended 3\nboom\n")
                    == .ended(detail: "\(Self.ended) 3; its last words:\nboom")
            )
        }
    }

    @Test func aReportTellsHowTheTrainerEnded() async throws {
        let resource = TPUAnswer.resource("ACTIVE")
        let node = ScriptedAPI.Step.answer(200, TPUAnswer.node("READY"))
        #expect(try await inspect(resource, report: "ended 0\n") == .ended(detail: "\(Self.ended) 0"))
        #expect(try await inspect(resource, node: node, report: "ended 75\n") == .preempted)
        #expect(try await inspect(resource, node: node, report: "ended 2\n") == .ended(detail: "\(Self.ended) 2"))
        // It is paid for until it is gone.
        #expect(try await inspect(TPUAnswer.resource("DELETING"), report: "ended 0\n") == .running)
        let preempted = ScriptedAPI.Step.answer(200, TPUAnswer.node("PREEMPTED"))
        #expect(try await inspect(TPUAnswer.resource("ACTIVE"), node: preempted, report: "ended 137\n") == .preempted)
        #expect(try await inspect(nil, report: "ended 1\n") == .ended(detail: "\(Self.ended) 1"))
        #expect(
            try await inspect(nil, report: "restarted 1\n")
                == .lost(detail: "the machine was started again under the trainer")
        )
    }

    @Test func theCausesOfAFailureAreToldApart() async throws {
        let stockout = "There is no more capacity in the zone \"us-west4-a\"; you can try in another zone"
        let quota = "Quota limit 'TPUV5sPreemptibleLitepodPerProjectPerZoneForTPUAPI' has been exceeded."
        let cases: [(Int64, String, RunState)] = [
            (8, stockout, .refused(TierError(.capacity, stockout))),
            (8, quota, .refused(TierError(.quota, quota))),
            (8, "no", .refused(TierError(.capacity, "no"))),
            (4, "valid until passed", .refused(TierError(.capacity, "valid until passed"))),
            (3, "no such type", .refused(TierError(.invalidOrder, "no such type"))),
            (5, "no such runtime", .refused(TierError(.invalidOrder, "no such runtime"))),
            (7, "no role", .refused(TierError(.permissionDenied, "no role"))),
            (14, "gone", .refused(TierError(.capacity, "gone"))),
            (13, "an internal error has occurred", .lost(detail: "an internal error has occurred")),
        ]
        for (code, message, expected) in cases {
            let error: JSON = ["code": .integer(code), "message": .string(message)]
            #expect(try await inspect(TPUAnswer.resource("FAILED", error: error)) == expected)
        }
    }

    private func launch(_ steps: [ScriptedAPI.Step]) async throws -> Result<String, TierError> {
        let script = ScriptedAPI([.error(404, "NOT_FOUND")] + steps)
        let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: script.context)
        let order = try GoldenOrder().order("tpu")
        do throws(TierError) {
            let handle = try await tier.launch(order)
            #expect(script.stepsLeft == 0)
            return .success(handle)
        } catch {
            #expect(script.stepsLeft == 0)
            return .failure(error)
        }
    }

    private func code(_ steps: [ScriptedAPI.Step]) async throws -> TierError.Code? {
        guard case .failure(let error) = try await launch(steps) else { return nil }
        return error.code
    }

    @Test func refusalsOfALaunch() async throws {
        let quota = "Quota limit 'TPUV5s' has been exceeded. Limit: 0 in zone us-west4-a."
        #expect(try await code([.error(429, "RESOURCE_EXHAUSTED", quota)]) == .quota)
        #expect(try await code([.error(429, "RESOURCE_EXHAUSTED", reason: "RATE_LIMIT_EXCEEDED")]) == .unreachable)
        #expect(try await code([.error(403, "PERMISSION_DENIED")]) == .permissionDenied)
        #expect(try await code([.error(400, "INVALID_ARGUMENT")]) == .invalidOrder)
        #expect(try await code([.error(503, "UNAVAILABLE")]) == .unreachable)
        #expect(try await code([.failure(.connectionLost)]) == .unreachable)
        let stillborn: JSON = [
            "name": "projects/p/locations/us-west4-a/operations/operation-1", "done": true,
            "error": ["code": 8, "message": "There is no more capacity in the zone"],
        ]
        #expect(try await code([.answer(200, stillborn)]) == .capacity)
    }

    @Test func aNameThatIsTakenIsTheRunThereIs() async throws {
        let golden = try GoldenOrder()
        let labels = try golden.container.labels(for: try golden.order("tpu")).mapValues { JSON.string($0) }
        let taken = ScriptedAPI.Step.error(409, "ALREADY_EXISTS")
        let ours = ScriptedAPI.Step.answer(200, TPUAnswer.resource("ACCEPTED", labels: .object(labels)))
        #expect(try await launch([taken, ours]) == .success(TPUAnswer.handle))
        #expect(try await code([taken, .answer(200, TPUAnswer.resource("ACCEPTED", labels: [:]))]) == .invalidOrder)
        #expect(try await code([taken, .error(404, "NOT_FOUND")]) == .unreachable)
    }

    @Test func aCancelOfWhatIsGoneOrGoingIsNoError() async throws {
        let active = ScriptedAPI.Step.answer(200, TPUAnswer.resource("ACTIVE"))
        let deletion = ScriptedAPI.Step.answer(200, ["name": "operation"])
        let cases: [[ScriptedAPI.Step]] = [
            [.error(404, "")], [.answer(200, TPUAnswer.resource("DELETING"))], [active, .error(404, "")],
            [active, deletion], [.answer(200, TPUAnswer.resource("FAILED")), deletion],
            [.answer(200, TPUAnswer.resource("SUSPENDED")), deletion],
        ]
        for steps in cases {
            let script = ScriptedAPI(steps)
            let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: script.context)
            try await tier.cancel(TPUAnswer.handle)
            #expect(script.stepsLeft == 0)
        }
        for (steps, expected) in [
            ([active, .error(403, "PERMISSION_DENIED")], .permissionDenied), ([.failure(.timedOut)], .unreachable),
        ] as [([ScriptedAPI.Step], TierError.Code)] {
            let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: ScriptedAPI(steps).context)
            await #expect { try await tier.cancel(TPUAnswer.handle) } throws: { ($0 as? TierError)?.code == expected }
        }
    }

    @Test func readsAllPagesOfAllZones() async throws {
        let deployment = try GoldenOrder().container.deployment
        func page(_ zone: String, _ run: String, next: String?) -> ScriptedAPI.Step {
            let labels: JSON = ["signalbox-run": .string(run), "signalbox-deployment": .string(deployment)]
            let handle = "projects/p/locations/\(zone)/queuedResources/\(run)"
            let ours = TPUAnswer.resource("ACCEPTED", labels: labels, handle: handle)
            let stranger: JSON = ["signalbox-run": .string(run), "signalbox-deployment": "another"]
            let other = TPUAnswer.resource("ACCEPTED", labels: stranger, handle: handle + "0")
            var answer: [String: JSON] = ["queuedResources": [other, ours]]
            answer["nextPageToken"] = next.map { .string($0) }
            return .answer(200, .object(answer))
        }
        let script = ScriptedAPI([
            page("us-west4-a", "signalbox-1-a1", next: "more"), page("us-west4-a", "signalbox-2-a1", next: nil),
            page("europe-west4-b", "signalbox-3-a1", next: nil),
        ])
        let tier = try TPUTier.ofTests(project: "p", endpoint: "http://tpu", context: script.context)
        #expect(try await tier.runs().map(\.name) == ["signalbox-1-a1", "signalbox-2-a1", "signalbox-3-a1"])
        #expect(script.stepsLeft == 0)
        #expect(script.sent[1].hasSuffix("/locations/us-west4-a/queuedResources?pageSize=100&pageToken=more"))
    }
}
