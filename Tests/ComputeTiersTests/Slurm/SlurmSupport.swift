import ComputeTiers
import Foundation
import SignalboxCore
import Testing
import Wire

/// What the tests of the tier share.
enum SlurmSupport {
    static let jobID = "job-0123456789abcdef0123456789abcdef"
    static let deployment = "0123456789abcdef"
    static let comment = "signalbox " + deployment

    static func order(
        _ jobID: String = jobID,
        attempt: Int = 1,
        place: String = "slurm",
        runSecondsMax: Int = 3600
    ) throws -> RunOrder {
        RunOrder(
            jobID: jobID,
            attempt: attempt,
            robotID: "robot-1",
            spec: ObjectName(bucket: "training", name: "jobs/\(jobID)/attempt-\(attempt)/spec.json"),
            place: try #require(Place(place)),
            runSecondsMax: runSecondsMax
        )
    }

    /// A record of a job as v0.0.38 tells it.
    static func record(
        _ id: Int64,
        _ state: String,
        name: String = RunOrder.name(jobID: jobID, attempt: 1),
        reason: String = "None",
        exitCode: Int64 = 0,
        comment: String = comment
    ) -> JSON {
        [
            "job_id": .integer(id), "name": .string(name), "user_name": "robots", "comment": .string(comment),
            "job_state": .string(state), "state_reason": .string(reason), "exit_code": .integer(exitCode),
        ]
    }

    /// A new folder with a token, given to the test and then removed.
    static func withToken<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = NSTemporaryDirectory() + "signalbox-slurm-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileIO.write(Array("a.b.c\n".utf8), to: folder + "/token")
        return try await body(folder)
    }

    static func settings(_ folder: String, version: String = "v0.0.38") throws -> SlurmSettings {
        SlurmSettings(
            url: "http://slurm:6820",
            user: "robots",
            tokenFile: folder + "/token",
            version: try #require(SlurmVersion(version)),
            folder: folder,
            trainer: "/opt/signalbox/it's a trainer",
            environment: ["PATH": "/bin", "SIGNALBOX_TRAINING_BUCKET": "training"],
            deployment: deployment
        )
    }

    /// A tier of a scripted server.
    static func tier(_ server: ScriptedSlurm, _ folder: String, version: String = "v0.0.38") throws -> SlurmTier {
        SlurmTier(try settings(folder, version: version), transport: server, clock: HastyClock())
    }
}
