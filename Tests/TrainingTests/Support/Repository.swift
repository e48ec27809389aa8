import Foundation
import Testing
import Training

/// The files of the repository that the tests run on, and what has to be installed for them.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static let programs = ProgramBundle.folder(
        of: "wavecore",
        preset: "development",
        in: "\(root)/Sources/Training/Programs"
    )

    /// The pinned PJRT plugin, installed when it is first asked for.
    static func plugin() throws -> String { try installedPlugin.get() }

    /// The Python that has other people's readers of our files.
    static func python() throws -> String { try installedPython.get() }

    private static let installedPlugin = Result { try lastLine(of: "\(root)/deploy/local/fetch-plugin.sh") }
    private static let installedPython = Result { try lastLine(of: "\(root)/Tests/python-env.sh") }

    private static func lastLine(of script: String) throws -> String {
        try #require(try run("/bin/sh", [script]).split(separator: "\n").last.map(String.init))
    }

    /// What a program prints; its exit status has to be 0.
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) \(arguments) failed")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The fixtures' episodes, read as the trainer reads them.
    static func episodes(scratch: ScratchFolder = .standard) throws -> [Episode] {
        var reader = EpisodeReader(scratch: scratch)
        let folder = "\(root)/Tests/Fixtures/episodes"
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
        for path in paths where path.contains(".json") {
            try reader.add(path: path, bytes: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/\(path)"))))
        }
        return try reader.finish()
    }

    /// A new engine on the CPU plugin. Programs are compiled once for all tests unless a cache is given.
    static func engine(cache: String = "\(root)/.tools/compile-cache") throws -> XLAEngine {
        try XLAEngine(bundle: ProgramBundle(folder: programs), plugin: plugin(), cache: cache)
    }

    /// A new engine for ordered classes, and its programs.
    static func ordinalEngine(preset: String = "development") throws -> (engine: XLAEngine, bundle: ProgramBundle) {
        let bundle = try ProgramBundle(model: "ordinal", preset: preset, in: "\(root)/Sources/Training/Programs")
        return (try XLAEngine(bundle: bundle, plugin: plugin(), cache: "\(root)/.tools/compile-cache"), bundle)
    }
}

/// A folder that goes away with its test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "signalbox-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
