import Foundation

/// The Python of the tests: an environment with the pinned packages of `Tests/requirements.txt`.
enum PythonEnvironment {
    struct Outcome {
        let status: Int32
        let output: [UInt8]
        let errors: String
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs a script of `Tests/Reference` with bytes on its standard input.
    static func run(_ script: String, _ arguments: [String], input: [UInt8]) throws -> Outcome {
        let python = try interpreter.get()
        let file = tests.appending(path: "Reference/\(script)").path
        return try execute(python, [file] + arguments, input: input)
    }

    /// Runs a script of `docs/examples`.
    static func run(example script: String, _ arguments: [String]) throws -> Outcome {
        try execute(try interpreter.get(), [documents + "/examples/" + script] + arguments, input: [])
    }

    /// The folder of documents.
    static let documents = tests.deletingLastPathComponent().appending(path: "docs").path

    /// The folder of real episodes.
    static let episodes = tests.appending(path: "Fixtures/episodes").path

    /// The last line that `python-env.sh` prints: the path of an interpreter.
    private static let interpreter = Result<String, any Error> {
        let outcome = try execute("/bin/sh", [tests.appending(path: "python-env.sh").path], input: [])
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        guard outcome.status == 0, let path = lines.last else {
            throw Missing(description: "Tests/python-env.sh failed: \(outcome.errors)")
        }
        return String(path)
    }

    private static func execute(_ program: String, _ arguments: [String], input: [UInt8]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        let errorFile = FileManager.default.temporaryDirectory.appending(path: "signalbox-\(UUID().uuidString)")
        try Data().write(to: errorFile)
        defer { try? FileManager.default.removeItem(at: errorFile) }
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
        return Outcome(status: process.terminationStatus, output: Array(output), errors: errors)
    }
}
