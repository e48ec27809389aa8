import SignalboxCore
import Wire

/// The file of root keys, changed by one process at a time.
struct RootsFile {
    let path: String

    /// Adds a root.
    ///
    /// - Parameters:
    ///   - threshold: how many must sign from now on; nil: as before, 1 in a new file.
    ///   - prepare: what must succeed before the file knows the key.
    func add(
        _ key: Ed25519PublicKey,
        as name: String,
        threshold: Int?,
        after prepare: () throws -> Void
    ) throws -> KeyringRoots {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        try Paths.makeFolder(folder)
        let lock = try FolderLock(folder, busy: "another process changes \(path): try again")
        defer { withExtendedLifetime(lock) {} }
        var present: KeyringRoots?
        if Paths.exists(path) {
            present = try KeyringRoots(parsing: FileIO.read(path, bytesMax: KeyringRoots.fileBytesMax))
        }
        var keys = present?.keys ?? [:]
        guard keys.updateValue(key, forKey: name) == nil else {
            throw KeyChangeError(.exists, "\(path) holds a root key \(name) already: choose another id")
        }
        let roots: KeyringRoots
        do {
            roots = try KeyringRoots(threshold: threshold ?? present?.threshold ?? 1, keys: keys)
        } catch {
            throw CommandError(.argumentUnusable, "\(error.message): make the other root keys first")
        }
        try prepare()
        try FileIO.write(Array((roots.json.serialized(pretty: true) + "\n").utf8), to: path)
        return roots
    }
}
