import ComputeTiers
import Foundation
import SignalboxCore
import Testing
import Wire

/// A tier of the suite's cluster whose trainer is a shell script, and what a test does with it.
struct SlurmBench {
    /// How long anything may take that has to happen; no figure is measured by it.
    private static let waitSeconds = 150
    private static let look = Duration.milliseconds(200)

    let cluster: SlurmCluster
    /// The test's own folder on the cluster.
    let folder: String
    /// The test's own job.
    let jobID = "job-" + UUID().uuidString.filter { $0 != "-" }.lowercased()
    private let client = HTTPClient()

    /// A bench in the cluster of the suite.
    init(script: String = "exit 0") throws {
        cluster = try #require(SlurmCluster.current)
        folder = cluster.work + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let trainer = Array("#!/bin/sh\nfolder=\(folder)\n\(script)\n".utf8)
        try FileIO.write(trainer, to: folder + "/trainer", permissions: 0o755)
    }

    /// The script of a trainer that checkpoints when it is asked to stop.
    static let obedient = """
        trap 'echo checkpointed; exit 75' TERM
        echo up
        while :; do sleep 0.1; done
        """

    /// The tier, with variables of the test's own.
    func tier(_ changes: [String: String] = [:]) throws -> SlurmTier {
        let own = ["SIGNALBOX_SLURM_TRAINER": folder + "/trainer", "SIGNALBOX_TRAINING_BUCKET": "training"]
        let variables = cluster.variables.merging(own) { $1 }.merging(changes) { $1 }
        return try #require(
            try SlurmTier.configured(
                environment: Environment(variables),
                variables: variables,
                transport: client,
                clock: SystemClock()
            )
        )
    }

    func order(_ attempt: Int = 1, place: String = "slurm/-/-/spot", runSecondsMax: Int = 600) throws -> RunOrder {
        try SlurmSupport.order(jobID, attempt: attempt, place: place, runSecondsMax: runSecondsMax)
    }

    /// The text of a run's log.
    func log(_ order: RunOrder) -> String {
        (try? String(contentsOfFile: "\(cluster.work)/\(order.name).log", encoding: .utf8)) ?? ""
    }

    /// Waits for a state.
    @discardableResult
    func eventually(
        _ tier: SlurmTier,
        _ handle: String,
        _ holds: (RunState) -> Bool
    ) async throws -> RunState {
        var state = try await tier.inspect(handle)
        for _ in 0..<Int(.seconds(Self.waitSeconds) / Self.look) where !holds(state) {
            try await Task.sleep(for: Self.look)
            state = try await tier.inspect(handle)
        }
        try #require(holds(state), "\(state)")
        return state
    }

    /// Waits until a run's log has a line.
    func logged(_ line: String, _ order: RunOrder) async throws {
        func isThere() -> Bool { log(order).split(separator: "\n").contains { $0 == line } }
        for _ in 0..<Int(.seconds(Self.waitSeconds) / Self.look) where !isThere() {
            try await Task.sleep(for: Self.look)
        }
        try #require(isThere(), "\(log(order))")
    }
}
