import Glibc
import SignalboxCore
import Wire

/// A keyring's file, changed by one process at a time and read whole by all others.
struct KeyringFile {
    let path: String

    /// Adds a key that the keyring does not hold yet.
    ///
    /// - Parameter prepare: what must succeed before the keyring knows the key.
    func add(_ key: Keyring.Key, after prepare: () throws -> Void) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        try Paths.makeFolder(folder)
        let lock = try FolderLock(folder, busy: "another process changes \(path): try again")
        defer { withExtendedLifetime(lock) {} }
        var keyring = Keyring()
        if Paths.exists(path) { keyring = try Keyring(parsing: FileIO.read(path, bytesMax: Keyring.fileBytesMax)) }
        guard keyring.keys[key.keyID] == nil else {
            throw CommandError(.fileExists, "\(path) holds a key \(key.keyID) already: choose another id")
        }
        try prepare()
        keyring.set(key)
        try FileIO.write(Array((keyring.json.serialized(pretty: true) + "\n").utf8), to: path)
    }
}
