import Foundation

/// The files of the repository that this test was built from.
enum Repository {
    private static let fileBytesMax = 1 << 20
    private static let skipped: Set<String> = ["__pycache__", "node_modules"]

    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// All text files of a folder.
    static func files(in folder: String) throws -> [SourceFile] {
        let start = root.appending(path: folder)
        guard let paths = FileManager.default.enumerator(atPath: start.path) else { return [] }
        var files: [SourceFile] = []
        while let path = paths.nextObject() as? String {
            let parts = path.split(separator: "/").map(String.init)
            guard !parts.contains(where: { $0.hasPrefix(".") || skipped.contains($0) }) else { continue }
            if let file = try file(folder + "/" + path) { files.append(file) }
        }
        return files.sorted { $0.path < $1.path }
    }

    /// One text file; nil for folders, for what is no UTF-8, and for what is too long to be written by people.
    static func file(_ path: String) throws -> SourceFile? {
        let url = root.appending(path: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else {
            return nil
        }
        let data = try Data(contentsOf: url)
        guard data.count <= fileBytesMax, let text = String(data: data, encoding: .utf8) else { return nil }
        return SourceFile(path: path, text: text)
    }

    /// What people write: the folders that the rules are about.
    static let all = Result {
        try ["Sources", "functions", "Tests"].flatMap(files(in:))
    }

    /// What describes the project and what runs it.
    static let surroundings = Result {
        try ["docs", "deploy", "events"].flatMap(files(in:))
            + ["README.md", "Makefile", "Package.swift", ".ci/run"].compactMap(file)
    }
}
