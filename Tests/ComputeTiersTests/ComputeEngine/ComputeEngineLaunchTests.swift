import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

/// What a launch comes to, whatever Compute Engine answers and when.
@Suite struct ComputeEngineLaunchTests {
    private static let absent = ScriptedAPI.Step.error(404, "NOT_FOUND")

    /// Launches the golden order: the first look finds nothing, the rest is the script's.
    private func launch(_ steps: [ScriptedAPI.Step]) async throws -> (result: Result<String, TierError>, calls: Int) {
        let script = ScriptedAPI([Self.absent] + steps)
        let tier = try ComputeEngineTier.ofTests(project: "p", endpoint: "http://c", context: script.context)
        let order = try GoldenOrder().order("compute-engine")
        do throws(TierError) {
            return (.success(try await tier.launch(order)), script.sent.count)
        } catch {
            #expect(script.stepsLeft == 0)
            return (.failure(error), script.sent.count)
        }
    }

    private func code(_ steps: [ScriptedAPI.Step]) async throws -> TierError.Code? {
        guard case .failure(let error) = try await launch(steps).result else { return nil }
        return error.code
    }

    private static func insert(_ status: String, _ failure: ComputeAnswer.Failure? = nil) -> ScriptedAPI.Step {
        .answer(200, ComputeAnswer.operation("insert", status: status, failure: failure))
    }

    @Test func whatTheOrderFailsWithSoonIsTheLaunchsError() async throws {
        for (failure, expected) in ComputeAnswer.failures {
            #expect(try await code([Self.insert("DONE", failure)]) == expected)
            let polls = [Self.insert("PENDING"), Self.insert("RUNNING"), Self.insert("DONE", failure)]
            #expect(try await code(polls) == expected)
        }
    }

    @Test func anOrderThatTakesLongIsLaunched() async throws {
        let launched = Result<String, TierError>.success(ComputeAnswer.handle)
        let (result, calls) = try await launch(Array(repeating: Self.insert("RUNNING"), count: 20))
        #expect(result == launched)
        // A look, the order, and eight looks at it.
        #expect(calls == 10)
        #expect(try await launch([Self.insert("RUNNING"), .failure(.timedOut)]).result == launched)
        #expect(try await launch([Self.insert("DONE")]).result == launched)
        // Its inspection tells that the run is lost.
        #expect(try await launch([Self.insert("DONE", .internalError)]).result == launched)
    }

    @Test func refusals() async throws {
        #expect(try await code([.error(403, "PERMISSION_DENIED")]) == .permissionDenied)
        #expect(try await code([.error(401, "UNAUTHENTICATED"), .error(401, "UNAUTHENTICATED")]) == .permissionDenied)
        #expect(try await code([.error(400, "INVALID_ARGUMENT", "Invalid value for field")]) == .invalidOrder)
        #expect(try await code([.error(503, "UNAVAILABLE")]) == .unreachable)
        #expect(try await code([.failure(.timedOut)]) == .unreachable)
        #expect(try await code([.failure(.connectFailed)]) == .unreachable)
        let quota: JSON = [
            "error": ["code": 403, "message": "Quota 'CPUS' exceeded", "errors": [["reason": "quotaExceeded"]]]
        ]
        #expect(try await code([.answer(403, quota)]) == .quota)
    }

    @Test func aNameThatIsTakenIsTheRunThereIs() async throws {
        let golden = try GoldenOrder()
        let labels: [String: JSON] = try golden.container.labels(for: try golden.order("compute-engine"))
            .mapValues { .string($0) }
        let taken = ScriptedAPI.Step.error(409, "ALREADY_EXISTS")
        let ours = ScriptedAPI.Step.answer(
            200,
            ComputeAnswer.instance("STAGING", ComputeAnswer.handle, .object(labels))
        )
        let stranger = ScriptedAPI.Step.answer(200, ComputeAnswer.instance("RUNNING", ComputeAnswer.handle, [:]))
        // Refused at once, or by an operation that has failed by the time somebody looks.
        let late = ComputeAnswer.Failure(code: "RESOURCE_ALREADY_EXISTS", message: "it is there", status: 409)
        for refusal in [taken, Self.insert("DONE", late)] {
            #expect(try await launch([refusal, ours]).result == .success(ComputeAnswer.handle))
            #expect(try await code([refusal, stranger]) == .invalidOrder)
            #expect(try await code([refusal, Self.absent]) == .unreachable)
        }
    }

    @Test func configuration() throws {
        let script = ScriptedAPI([])
        func configured(_ variables: [String: String]) throws -> ComputeEngineTier? {
            let all = ReportShelf.variables.merging(variables) { $1 }
            return try ComputeEngineTier.configured(
                Environment(all),
                google: try GoogleCloudEnvironment { all[$0] },
                context: script.context
            )
        }
        #expect(try configured([:]) == nil)
        #expect(try configured(["SIGNALBOX_COMPUTE_ZONE": "us-central1-a"]) != nil)
        for (name, value) in [
            ("SIGNALBOX_COMPUTE_ZONE", "us central"), ("SIGNALBOX_COMPUTE_MACHINE", "n2 standard"),
            ("SIGNALBOX_COMPUTE_DISK_GB", "9"), ("SIGNALBOX_COMPUTE_EXTERNAL_IP", "perhaps"),
            ("GOOGLE_CLOUD_PROJECT", ""), ("SIGNALBOX_TRAINER_IMAGE", ""), ("SIGNALBOX_TRAINING_BUCKET", ""),
        ] {
            #expect(throws: ConfigurationError.self, "\(name)") {
                try configured(["SIGNALBOX_COMPUTE_ZONE": "us-central1-a"].merging([name: value]) { $1 })
            }
        }
    }
}
