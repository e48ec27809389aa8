import Foundation
import SignalboxTesting
import Testing

@testable import LocalCloud

/// Google's own clients against the local cloud: `Tests/LocalCloudTests/Clients`.
@Suite struct ClientTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// Runs a program to its end on a thread of its own; returns its status and what it wrote.
    private static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        process.executableURL = URL(filePath: program)
                        process.arguments = arguments
                        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
                        let pipe = Pipe()
                        process.standardOutput = pipe
                        process.standardError = pipe
                        try process.run()
                        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
                    }
                )
            }
        }
    }

    private static func python() async throws -> String {
        let script = folder.deletingLastPathComponent().appending(path: "python-env.sh").path
        let (status, output) = try await run("/bin/sh", [script])
        try #require(status == 0, "\(output)")
        return output.split(separator: "\n").last.map { String($0) } ?? ""
    }

    private static func emulators(_ cloud: TestCloud) -> [String: String] {
        [
            "STORAGE_EMULATOR_HOST": cloud.address.storageEmulatorHost,
            "FIRESTORE_EMULATOR_HOST": cloud.address.firestoreEmulatorHost,
        ]
    }

    @Test(arguments: ["storage_client.py", "firestore_client.py"]) func python(script: String) async throws {
        let python = try await Self.python()
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let (status, output) = try await Self.run(
                python,
                [Self.folder.appending(path: "Clients/\(script)").path],
                environment: Self.emulators(cloud)
            )
            #expect(status == 0, "\(output)")
        }
    }

    private static let gcloud = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":").map { "\($0)/gcloud" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// In CI it runs also where the program is missing: it fails there instead of being left out.
    private static let runsGcloud =
        gcloud != nil || TestMachine.isCI

    @Test(.enabled(if: runsGcloud, "gcloud is not on this machine, so its test is left out"))
    func gcloudStorage() async throws {
        let scratch = try ScratchDirectory()
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let (status, output) = try await Self.run(
                "/bin/sh",
                [Self.folder.appending(path: "Clients/gcloud_storage.sh").path, scratch.path],
                environment: Self.emulators(cloud)
            )
            #expect(status == 0, "\(output)")
        }
    }
}
