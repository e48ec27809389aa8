import Foundation
import Testing

/// The programs under test, and the files of the repository that they run on.
enum Repository {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    /// 24 episodes of a robot arm that reaches for a point.
    static let episodes = root + "/Tests/Fixtures/episodes"
    /// Compiled training programs of all tests.
    static let compileCache = root + "/.tools/compile-cache"

    /// The folder that the build puts programs and test bundle into.
    static let programs: String = {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: own ?? ".").deletingLastPathComponent().path
    }()

    /// A program of this package, as it was built with the tests.
    static func program(_ name: String) throws -> String {
        let path = programs + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(description: "\(path) is missing: run `swift build`, then the tests")
        }
        return path
    }

    /// The pinned PJRT plugin, installed when it is first asked for.
    static func plugin() throws -> String { try installedPlugin.get() }

    private static let installedPlugin = Result {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [root + "/deploy/local/fetch-plugin.sh"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let path = String(decoding: bytes, as: UTF8.self).split(separator: "\n").last.map(String.init)
        guard process.terminationStatus == 0, let path else {
            throw Missing(description: "deploy/local/fetch-plugin.sh failed: no PJRT plugin to train with")
        }
        return path
    }
}
