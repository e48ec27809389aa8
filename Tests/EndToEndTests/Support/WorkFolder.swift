import Foundation
import Testing

/// A test's own folder: gone when the test succeeds, kept and named when it fails.
struct WorkFolder: Sendable {
    let path: String

    /// Runs a test in a new folder.
    static func with<Result>(_ body: (WorkFolder) async throws -> Result) async throws -> Result {
        let folder = WorkFolder(path: NSTemporaryDirectory() + "signalbox-" + UUID().uuidString)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        do {
            let result = try await body(folder)
            try? FileManager.default.removeItem(atPath: folder.path)
            return result
        } catch {
            Issue.record("what the programs wrote is kept in \(folder.path)")
            throw error
        }
    }

    /// A path in the folder.
    static func / (folder: WorkFolder, name: String) -> String { folder.path + "/" + name }

    /// The first episodes of the fixtures in a folder of their own.
    func episodes(_ count: Int, as name: String) throws -> String {
        let folder = self / name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for episode in try FileManager.default.contentsOfDirectory(atPath: Repository.episodes).sorted().prefix(count) {
            try FileManager.default.copyItem(
                atPath: Repository.episodes + "/" + episode,
                toPath: folder + "/" + episode
            )
        }
        return folder
    }
}
