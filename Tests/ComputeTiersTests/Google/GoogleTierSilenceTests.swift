import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What no tier of Google's may take for a word about a run.
@Suite struct GoogleTierSilenceTests {
    enum Kind: String, Sendable, CaseIterable {
        case vertex, tpu, computeEngine, cloudRunJob

        private static let run = TPUAnswer.run

        var handle: String {
            switch self {
            case .vertex: "projects/123/locations/us-central1/customJobs/7"
            case .tpu: TPUAnswer.handle
            case .computeEngine: "projects/p/zones/us-central1-a/instances/\(Self.run)"
            case .cloudRunJob: "projects/p/locations/us-central1/jobs/\(Self.run)"
            }
        }

        func tier(_ context: ServiceContext) throws -> any ComputeTier {
            let (project, endpoint) = ("p", "http://api")
            return switch self {
            case .vertex: try VertexTier.ofTests(project: project, endpoint: endpoint, context: context)
            case .tpu: try TPUTier.ofTests(project: project, endpoint: endpoint, context: context)
            case .computeEngine: try ComputeEngineTier.ofTests(project: project, endpoint: endpoint, context: context)
            case .cloudRunJob: try CloudRunJobTier.ofTests(project: project, endpoint: endpoint, context: context)
            }
        }
    }

    enum Call: String, Sendable, CaseIterable {
        case inspect, find, runs, cancel

        func make(_ tier: any ComputeTier, _ kind: Kind) async throws(TierError) {
            switch self {
            case .inspect: _ = try await tier.inspect(kind.handle)
            case .find: _ = try await tier.find(TPUAnswer.run, at: Place(tier: tier.name))
            case .runs: _ = try await tier.runs()
            case .cancel: try await tier.cancel(kind.handle)
            }
        }
    }

    private static let faults: [(ScriptedAPI.Step, TierError.Code)] = [
        (.failure(.timedOut), .unreachable), (.error(500, "INTERNAL"), .unreachable),
        (.error(503, "UNAVAILABLE"), .unreachable), (.error(429, "RESOURCE_EXHAUSTED"), .unreachable),
        (.error(403, "PERMISSION_DENIED"), .permissionDenied), (.error(401, "UNAUTHENTICATED"), .permissionDenied),
        (.answer(200, ["unheard": "of"]), .unreachable),
    ]

    @Test(arguments: Kind.allCases, Call.allCases)
    func aFaultIsNoEvidence(kind: Kind, call: Call) async throws {
        for (step, expected) in Self.faults {
            // Of an answer without any of its members only that to a question about one run says nothing at all.
            if case .answer(200, _) = step, call != .inspect { continue }
            // Twice, for a credential that is refused is renewed once.
            let tier = try kind.tier(ScriptedAPI([step, step]).context)
            await #expect("\(step)") { try await call.make(tier, kind) } throws: { error in
                (error as? TierError)?.code == expected
            }
        }
    }
}
