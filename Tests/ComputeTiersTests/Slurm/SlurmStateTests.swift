import ComputeTiers
import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

/// What the records of jobs mean to their runs.
@Suite struct SlurmStateTests {
    private static let name = RunOrder.name(jobID: SlurmSupport.jobID, attempt: 1)

    private func inspect(_ record: JSON, version: String = "v0.0.38", log: String? = nil) async throws -> RunState {
        try await SlurmSupport.withToken { folder in
            if let log { try FileIO.write(Array(log.utf8), to: "\(folder)/\(Self.name).log") }
            let server = ScriptedSlurm { _, _ in .jobs(record) }
            return try await SlurmSupport.tier(server, folder, version: version).inspect("12/\(Self.name)")
        }
    }

    @Test(arguments: [
        ("PENDING", RunState.starting), ("CONFIGURING", .starting), ("REQUEUED", .starting),
        ("REQUEUE_HOLD", .starting),
        ("REQUEUE_FED", .starting), ("RESV_DEL_HOLD", .starting), ("RUNNING", .running), ("COMPLETING", .running),
        ("SUSPENDED", .running), ("STOPPED", .running), ("RESIZING", .running), ("SIGNALING", .running),
        ("STAGE_OUT", .running), ("PREEMPTED", .preempted),
        ("COMPLETED", .ended(detail: "Slurm job 12: COMPLETED, exit status 0")),
        ("CANCELLED", .ended(detail: "Slurm job 12: CANCELLED, exit status 0")),
        ("TIMEOUT", .ended(detail: "Slurm job 12: TIMEOUT, exit status 0")),
        ("DEADLINE", .ended(detail: "Slurm job 12: DEADLINE, exit status 0")),
        ("OUT_OF_MEMORY", .ended(detail: "Slurm job 12: OUT_OF_MEMORY, exit status 0")),
        ("SPECIAL_EXIT", .ended(detail: "Slurm job 12: SPECIAL_EXIT, exit status 0")),
        ("NODE_FAIL", .lost(detail: "Slurm job 12: NODE_FAIL, exit status 0")),
        ("BOOT_FAIL", .lost(detail: "Slurm job 12: BOOT_FAIL, exit status 0")),
        ("LAUNCH_FAILED", .lost(detail: "Slurm job 12: LAUNCH_FAILED, exit status 0")),
        ("REVOKED", .lost(detail: "Slurm job 12: REVOKED, exit status 0")),
    ])
    func aStateIsThatOfTheRun(state: String, expected: RunState) async throws {
        #expect(try await inspect(SlurmSupport.record(12, state)) == expected)
    }

    @Test(arguments: [
        (["PENDING"], RunState.starting), (["RUNNING", "CONFIGURING"], .starting),
        (["CANCELLED", "COMPLETING"], .running), (["PREEMPTED"], .preempted),
        (["PENDING", "SPECIAL_EXIT"], .ended(detail: "Slurm job 12: PENDING+SPECIAL_EXIT, exit status 3")),
        (["FAILED"], .ended(detail: "Slurm job 12: FAILED, exit status 3")),
    ])
    func laterVersionsTellStateAndFlags(states: [String], expected: RunState) async throws {
        let record: JSON = [
            "job_id": 12, "name": .string(Self.name), "comment": .string(SlurmSupport.comment),
            "job_state": .array(states.map { .string($0) }), "state_reason": "None",
            "exit_code": [
                "status": ["ERROR"], "return_code": ["set": true, "infinite": false, "number": 3],
                "signal": ["id": ["set": false, "infinite": false, "number": 0], "name": ""],
            ],
        ]
        #expect(try await inspect(record, version: "v0.0.40") == expected)
    }

    @Test(arguments: [
        JSON.integer(75 << 8), ["set": true, "infinite": false, "number": .integer(75 << 8)],
        ["status": ["ERROR"], "return_code": ["set": true, "infinite": false, "number": 75]],
        ["status": ["ERROR"], "return_code": ["number": 75], "signal": ["signal_id": 0]],
    ])
    func theTrainersWordForPreemptionCountsInEveryState(exitCode: JSON) async throws {
        for state in ["FAILED", "CANCELLED", "TIMEOUT"] {
            var record = try #require(SlurmSupport.record(12, state).members)
            record["exit_code"] = exitCode
            #expect(try await inspect(.object(record)) == .preempted)
        }
    }

    @Test(arguments: [
        JSON.integer(9), ["status": ["SIGNALED"], "return_code": ["set": false], "signal": ["signal_id": 9]],
        ["status": ["SIGNALED"], "return_code": ["set": false], "signal": ["id": ["set": true, "number": 9]]],
    ])
    func aSignalIsTold(exitCode: JSON) async throws {
        var record = try #require(SlurmSupport.record(12, "FAILED").members)
        record["exit_code"] = exitCode
        #expect(try await inspect(.object(record)) == .ended(detail: "Slurm job 12: FAILED, signal 9"))
    }

    @Test(arguments: [
        ("BadConstraints", TierError.Code.invalidOrder), ("PartitionTimeLimit", .invalidOrder),
        ("AccountNotAllowed", .invalidOrder), ("QOSMaxGRESPerJob", .quota), ("AssocMaxWallDurationPerJobLimit", .quota),
        ("PartitionConfig", .capacity),
    ])
    func whatWaitsForEverIsRefused(reason: String, code: TierError.Code) async throws {
        let error = TierError(code, "Slurm job 12 cannot start: \(reason)")
        #expect(try await inspect(SlurmSupport.record(12, "PENDING", reason: reason)) == .refused(error))
    }

    @Test(arguments: [
        "Resources", "Priority", "Dependency", "QOSMaxJobsPerUserLimit", "AssocGrpGRES", "ReqNodeNotAvail",
    ])
    func whatWaitsForItsTurnStarts(reason: String) async throws {
        #expect(try await inspect(SlurmSupport.record(12, "PENDING", reason: reason)) == .starting)
    }

    @Test func whatWasRejectedWhenSubmittedIsRefused() async throws {
        let record = SlurmSupport.record(12, "FAILED", reason: "BadConstraints", exitCode: 256)
        let error = TierError(.invalidOrder, "Slurm job 12 cannot start: BadConstraints")
        #expect(try await inspect(record) == .refused(error))
    }

    @Test func aFailureOfTheClusterIsALoss() async throws {
        let record = SlurmSupport.record(12, "FAILED", reason: "JobLaunchFailure", exitCode: 256)
        #expect(
            try await inspect(record) == .lost(detail: "Slurm job 12: FAILED (JobLaunchFailure), exit status 1")
        )
    }

    @Test func theEndOfTheLogIsTold() async throws {
        let log = (1...25).map { "line \($0)\n" }.joined()
        let record = SlurmSupport.record(12, "FAILED", reason: "NonZeroExitCode", exitCode: 3 << 8)
        guard case .ended(let detail) = try await inspect(record, log: log) else {
            Issue.record("not ended")
            return
        }
        #expect(detail.hasPrefix("Slurm job 12: FAILED (NonZeroExitCode), exit status 3; the last lines of its log:\n"))
        #expect(detail.contains("line 6\n") && detail.hasSuffix("line 25") && !detail.contains("line 5\n"))
    }

    @Test func aJobOfAnotherNameOrDeploymentIsNotTheRun() async throws {
        let other = RunOrder.name(jobID: SlurmSupport.jobID, attempt: 2)
        #expect(try await inspect(SlurmSupport.record(12, "RUNNING", name: other)) == .gone)
        #expect(try await inspect(SlurmSupport.record(12, "RUNNING", comment: "signalbox other")) == .gone)
    }
}
