import Foundation

/// Paths of files and folders.
enum Paths {
    /// The one path from the root for however a path is spelt: seen from the working folder, without links and detours.
    static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return URL(filePath: whole).standardizedFileURL.resolvingSymlinksInPath().path
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
