import ComputeTiers
import Foundation
import SignalboxCore
import Testing
import Wire

/// Launching, finding, listing, and what goes wrong, on a scripted slurmrestd.
@Suite struct SlurmTierTests {
    private static let name = RunOrder.name(jobID: SlurmSupport.jobID, attempt: 1)

    @Test func aRunThatIsThereIsNotLaunchedAgain() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in
                .jobs(SlurmSupport.record(9, "COMPLETED"), SlurmSupport.record(7, "FAILED"))
            }
            let tier = try SlurmSupport.tier(server, folder)
            #expect(try await tier.launch(try SlurmSupport.order()) == "7/\(Self.name)")
            #expect(server.calls.map(\.line) == ["GET /jobs/"])
        }
    }

    @Test(
        arguments: [
            ([(7, "COMPLETED"), (9, "RUNNING"), (8, "PENDING")], 8), ([(9, "COMPLETED"), (7, "FAILED")], 7),
            ([(7, "CANCELLED"), (8, "RUNNING")], 8),
        ] as [([(Int64, String)], Int)]
    )
    func ofSeveralRunsOneThatLivesIsFoundAndElseTheOldest(jobs: [(Int64, String)], found: Int) async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in
                .json(["errors": [], "jobs": .array(jobs.map { SlurmSupport.record($0, $1) })])
            }
            let tier = try SlurmSupport.tier(server, folder)
            let order = try SlurmSupport.order()
            #expect(try await tier.find(order.name, at: order.place) == "\(found)/\(Self.name)")
        }
    }

    @Test func whatWasRejectedBeforeIsLaunchedAgain() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { call, _ in
                call.line == "POST /job/submit"
                    ? .json(["errors": [], "job_id": 12])
                    : .jobs(SlurmSupport.record(7, "FAILED", reason: "BadConstraints"))
            }
            let tier = try SlurmSupport.tier(server, folder)
            let order = try SlurmSupport.order()
            #expect(try await tier.find(order.name, at: order.place) == nil)
            #expect(try await tier.launch(order) == "12/\(Self.name)")
        }
    }

    @Test func ofTwoLaunchersTheOlderJobStays() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { call, count in
                switch call.line {
                case "POST /job/submit": .json(["errors": [], "job_id": 12])
                case "GET /jobs/" where count == 0: .jobs()
                case "GET /jobs/": .jobs(SlurmSupport.record(12, "PENDING"), SlurmSupport.record(11, "RUNNING"))
                default: .json(["errors": []])
                }
            }
            let tier = try SlurmSupport.tier(server, folder)
            #expect(try await tier.launch(try SlurmSupport.order()) == "11/\(Self.name)")
            #expect(server.calls.last?.line == "DELETE /job/12")
        }
    }

    @Test func aJobThatWasSubmittedIsToldEvenWhereTheListFails() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { call, count in
                switch call.line {
                // Accepted, though nothing can run it now: the fault is told, too.
                case "POST /job/submit":
                    .json(["errors": [["error_code": 2015, "error": "not available now"]], "job_id": 12])
                case "GET /jobs/" where count == 0: .jobs()
                default: throw HTTPClientError(.connectionLost, "gone")
                }
            }
            let tier = try SlurmSupport.tier(server, folder)
            #expect(try await tier.launch(try SlurmSupport.order()) == "12/\(Self.name)")
        }
    }

    @Test func runsAreThoseOfTheDeploymentThatAreNotOver() async throws {
        try await SlurmSupport.withToken { folder in
            let second = RunOrder.name(jobID: SlurmSupport.jobID, attempt: 2)
            let server = ScriptedSlurm { _, _ in
                .jobs(
                    SlurmSupport.record(1, "COMPLETED"),
                    SlurmSupport.record(2, "COMPLETING"),
                    SlurmSupport.record(3, "PENDING", name: second, reason: "BadConstraints"),
                    SlurmSupport.record(4, "RUNNING", name: "interactive"),
                    SlurmSupport.record(5, "RUNNING", comment: "signalbox other"),
                    ["job_id": 6]
                )
            }
            let runs = try await SlurmSupport.tier(server, folder).runs()
            #expect(runs.map(\.handle) == ["2/\(Self.name)", "3/\(second)"])
            #expect(runs.first?.state == .running)
            #expect(runs.last?.state.isAlive == false)
        }
    }

    @Test func aForgottenJobIsGoneAndNeedsNoCancelling() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in .fault(2017, "Invalid job id specified") }
            let tier = try SlurmSupport.tier(server, folder)
            #expect(try await tier.inspect("12/\(Self.name)") == .gone)
            try await tier.cancel("12/\(Self.name)")
            #expect(try await tier.inspect("no handle") == .gone)
            #expect(server.calls.map(\.line) == ["GET /job/12", "GET /job/12"])
        }
    }

    @Test func onlyWhatIsNotOverIsCancelled() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { call, _ in
                switch call.line {
                case "GET /job/12": .jobs(SlurmSupport.record(12, "COMPLETED"))
                case "GET /job/13": .jobs(SlurmSupport.record(13, "RUNNING"))
                case "GET /job/14": .jobs(SlurmSupport.record(14, "RUNNING", name: "interactive"))
                default: .fault(2021, "Job/step already completing or completed")
                }
            }
            let tier = try SlurmSupport.tier(server, folder)
            for id in 12...14 { try await tier.cancel("\(id)/\(Self.name)") }
            #expect(server.calls.filter { $0.line.hasPrefix("DELETE") }.map(\.line) == ["DELETE /job/13"])
        }
    }

    @Test(arguments: [
        (500, Int64(2000), TierError.Code.invalidOrder), (500, 2014, .invalidOrder), (500, 2050, .quota),
        (500, 2101, .capacity), (500, 2002, .permissionDenied), (500, 1007, .permissionDenied),
        (500, 1800, .unreachable),
        (500, 5004, .unreachable), (500, 2131, .unreachable), (400, 9001, .invalidOrder), (401, 0, .permissionDenied),
        (503, 0, .unreachable), (429, 0, .unreachable),
    ])
    func aFaultHasItsMeaning(status: Int, number: Int64, code: TierError.Code) async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { call, _ in
                call.line == "GET /jobs/" ? .jobs() : .fault(number, "words", status: status)
            }
            let tier = try SlurmSupport.tier(server, folder)
            let order = try SlurmSupport.order()
            let error = await #expect(throws: TierError.self) { try await tier.launch(order) }
            #expect(error?.code == code)
            #expect(error.map { !$0.message.contains("a.b.c") } == true)
        }
    }

    @Test func anUnknownVersionIsToldFromAnUnknownJob() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in .init(status: 404, body: "Unable find requested URL.") }
            let tier = try SlurmSupport.tier(server, folder, version: "v0.0.44")
            let error = await #expect(throws: TierError.self) { try await tier.inspect("12/\(Self.name)") }
            #expect(error?.code == .invalidOrder)
            #expect(error?.message.contains("SIGNALBOX_SLURM_API") == true)
        }
    }

    @Test func aRefusedTokenIsToldFromASilentController() async throws {
        try await SlurmSupport.withToken { folder in
            for (probes, code) in [
                ([Int64(5005), 5005], TierError.Code.permissionDenied), ([1800], .unreachable),
                ([5005, 2017], .unreachable),
            ] {
                let server = ScriptedSlurm { call, count in
                    call.line == "GET /jobs/"
                        ? .fault(-1, "Unspecified error") : .fault(probes[min(count, probes.count - 1)], "words")
                }
                let clock = HastyClock()
                let tier = SlurmTier(try SlurmSupport.settings(folder), transport: server, clock: clock)
                let error = await #expect(throws: TierError.self) { try await tier.runs() }
                #expect(error?.code == code)
                #expect(server.calls.dropFirst().allSatisfy { $0.line == "DELETE /job/0" })
                #expect(clock.waits.count == probes.count - 1)
            }
        }
    }

    @Test func theTokenIsReadAnewForEachCall() async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in .jobs() }
            let tier = try SlurmSupport.tier(server, folder)
            _ = try await tier.runs()
            try FileIO.write(Array("SLURM_JWT=d.e.f\n".utf8), to: folder + "/token")
            _ = try await tier.runs()
            #expect(server.calls.map(\.token) == ["a.b.c", "d.e.f"])
            try FileIO.write([], to: folder + "/token")
            #expect(await #expect(throws: TierError.self) { try await tier.runs() }?.code == .permissionDenied)
            try FileManager.default.removeItem(atPath: folder + "/token")
            #expect(await #expect(throws: TierError.self) { try await tier.runs() }?.code == .permissionDenied)
            #expect(server.calls.count == 2)
        }
    }

    @Test(arguments: ["{", "[]", "", "{\"errors\": []"])
    func anAnswerThatCannotBeReadSaysNothing(body: String) async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in .init(status: 200, body: body) }
            let tier = try SlurmSupport.tier(server, folder)
            #expect(await #expect(throws: TierError.self) { try await tier.runs() }?.code == .unreachable)
        }
    }
}
