import Foundation
import Glibc
import SignalboxTesting
import Testing
import Wire

/// A Slurm cluster of one node with its REST server, for the tests of a suite: see `Tests/slurm.sh`.
///
/// ```swift
/// @Suite(.serialized, .slurmCluster, .enabled(if: SlurmCluster.canStart)) struct SomeTests {
///     @Test func something() async throws {
///         let cluster = try #require(SlurmCluster.current)
///         // cluster.variables configure the tier; a trainer is launched at slurm/-/gpu:1/spot
///         let priority = try await cluster.occupy()  // takes gpu:1: what has it is preempted
///         try await cluster.release(priority)
///     }
/// }
/// ```
final class SlurmCluster: Sendable {
    /// The cluster of the suite that runs.
    @TaskLocal static var current: SlurmCluster?

    /// Why the tests of a cluster are skipped, where they are.
    static let whyNot: Comment = "needs Debian's Slurm packages, and neither are they here nor may they be installed"

    /// Whether a cluster can be started: its packages are here, or could be installed. Where CI is set it must be.
    static let canStart: Bool = {
        if TestMachine.isCI { return true }
        let process = Process()
        process.executableURL = URL(filePath: script)
        process.arguments = ["install"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// A command failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Its folder.
    let folder: String
    /// The URL of its slurmrestd.
    let url: String
    /// Whose jobs the tests' are: who runs the tests.
    let user: String

    /// The folder for the runs' logs.
    var work: String { folder + "/work" }
    /// The file with the user's token.
    var tokenFile: String { folder + "/token" }

    /// What configures a tier of this cluster; `SIGNALBOX_SLURM_TRAINER` is to be added.
    var variables: [String: String] {
        [
            "SIGNALBOX_SLURM_URL": url, "SIGNALBOX_SLURM_USER": user, "SIGNALBOX_SLURM_TOKEN_FILE": tokenFile,
            "SIGNALBOX_SLURM_FOLDER": work, "SIGNALBOX_SLURM_PARTITION": "prio",
            "SIGNALBOX_SLURM_SPOT_PARTITION": "spot",
        ]
    }

    private static let script =
        URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/slurm.sh"

    private init(_ folder: String) throws {
        func line(_ name: String) throws -> String {
            try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).trimmingCharacters(in: .newlines)
        }
        self.folder = folder
        url = try line("url")
        user = try line("user")
    }

    /// Starts a cluster, which ends at the latest when this process does.
    static func start() async throws -> SlurmCluster {
        let folder = NSTemporaryDirectory() + "signalbox-slurm-" + UUID().uuidString
        try await run("start", folder, "\(getpid())")
        return try SlurmCluster(folder)
    }

    /// Stops it, ends its jobs and removes its folder.
    func stop() async throws { try await Self.run("stop", folder) }

    /// Writes a new token, which holds for so many seconds.
    func renewToken(seconds: Int) async throws { try await Self.run("token", folder, "\(seconds)") }

    /// Runs one of Slurm's own commands on the cluster.
    ///
    /// - Returns: its output.
    @discardableResult
    func command(_ words: String...) async throws -> String { try await Self.run(["run", folder] + words) }

    /// Submits a job of higher priority that takes the only `gpu:1`.
    ///
    /// - Returns: its number, for ``release(_:)``.
    func occupy() async throws -> String {
        try await command(
            "sbatch",
            "--parsable",
            "--partition=prio",
            "--gres=gpu:1",
            "--job-name=priority",
            "--output=/dev/null",
            "--wrap=sleep 600"
        )
    }

    /// Ends a job of ``occupy()``'s.
    func release(_ job: String) async throws { try await command("scancel", job) }

    /// Stops the controller's work, as if its machine hung.
    func pauseController() throws { try signalController(SIGSTOP) }

    /// Lets it go on.
    func resumeController() throws { try signalController(SIGCONT) }

    private func signalController(_ number: Int32) throws {
        let text = try String(contentsOfFile: folder + "/slurmctld.pid", encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), pid > 1, kill(pid, number) == 0
        else { throw Failure(description: "no controller with the id \(text)") }
    }

    @discardableResult
    private static func run(_ words: String...) async throws -> String { try await run(words) }

    private static func run(_ words: [String]) async throws -> String {
        let path = NSTemporaryDirectory() + "signalbox-slurm-" + UUID().uuidString + ".out"
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw Failure(description: "\(path) cannot be made") }
        defer {
            close(output)
            unlink(path)
        }
        // Not Foundation's: its children inherit blocked signals, and daemons that block SIGTERM do not stop.
        let environment = ProcessEnvironment.current()
        let ending = try await SpawnedProcess([script] + words, environment: environment, output: output).wait()
        let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        guard ending == .exit(0) else {
            throw Failure(description: "slurm.sh \(words.joined(separator: " ")) \(ending): \(text)")
        }
        return text
    }
}

/// Starts a cluster before the first test of a suite and stops it after the last.
struct SlurmClusterTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await SlurmCluster.start()
        do {
            try await SlurmCluster.$current.withValue(cluster) { try await function() }
        } catch {
            try await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }
}

extension Trait where Self == SlurmClusterTrait {
    /// One cluster for all tests of the suite.
    static var slurmCluster: SlurmClusterTrait { SlurmClusterTrait() }
}
