import Foundation

/// The programs of `Tests/Reference` and the Python that runs them.
enum ReferenceTools {
    /// The folder of all tests.
    static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The interpreter with the packages of `Tests/requirements.txt`, installed once.
    static let python = Task<String, any Error> {
        let (status, output) = try await run("/bin/sh", [tests.appending(path: "python-env.sh").path])
        guard status == 0, let line = output.split(separator: "\n").last else {
            throw Failure(description: "Tests/python-env.sh failed: \(output)")
        }
        return String(line)
    }

    static func script(_ name: String) -> String { tests.appending(path: "Reference/\(name)").path }

    /// Runs a program to its end, on a thread of its own; what it wrote to both outputs.
    static func run(
        _ program: String,
        _ arguments: [String],
        input: [UInt8] = []
    ) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try runHere(program, arguments, input: input) })
            }
        }
    }

    private static func runHere(
        _ program: String,
        _ arguments: [String],
        input: [UInt8]
    ) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "signalbox-\(UUID().uuidString)")
        try Data(input).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
