import Foundation

/// Paths of files and folders.
enum Paths {
    /// The path from the root, seen from the working folder.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Makes a folder and those it lies in.
    static func makeFolder(_ path: String, permissions: Int = 0o755) throws(CommandError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: permissions]
            )
        } catch {
            throw CommandError(.fileUnusable, "the folder \(path) cannot be made: \(error.localizedDescription)")
        }
    }

    /// Whether something is there.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
