import Glibc
import Wire

/// A folder under construction beside the one that it becomes: readers see the old content or the new, never a part;
/// for the moment between two renames, where a folder is replaced, none.
final class InstallFolder {
    /// Tries to get hold of the draft against others that finish meanwhile.
    private static let openTriesMax = 10

    let target: String
    private let draft: String
    private let replaced: String
    private let lock: Int32
    /// The folders of the draft that files lie in.
    private var folders: Set<String> = []

    /// Begins afresh; what a killed install left behind is removed.
    init(becoming target: String) throws(ModelInstallError) {
        var path = target
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let parent = path.lastIndex(of: "/").map { String(path[..<path.index(after: $0)]) } ?? ""
        let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
        guard !name.isEmpty, name != ".", name != ".." else {
            throw ModelInstallError(.folderUnwritable, "\(target) is no folder that can be replaced: name another one")
        }
        try Self.makeFolders(parent)
        self.target = path
        draft = "\(parent).\(name).partial"
        replaced = "\(parent).\(name).replaced"
        lock = try Self.hold(draft, for: path)
        for name in Self.names(in: draft) { try? FileIO.removeFolder("\(draft)/\(name)") }
        // Killed between the two renames: what was installed comes back.
        if access(path, F_OK) != 0 { rename(replaced, path) }
        Self.remove(replaced)
    }

    deinit { close(lock) }

    /// The path of a file of the draft, in a folder that is there.
    func path(of file: String) throws(ModelInstallError) -> String {
        for (index, byte) in zip(file.utf8.indices, file.utf8) where byte == UInt8(ascii: "/") {
            let folder = "\(draft)/\(file[..<index])"
            guard folders.insert(folder).inserted else { continue }
            guard mkdir(folder, 0o755) == 0 else { throw Self.unwritable(folder) }
        }
        return "\(draft)/\(file)"
    }

    /// Whether there is anything in the target.
    var isTargetFilled: Bool { !Self.names(in: target).isEmpty }

    /// Puts the draft in the target's place at one moment, and removes what was there.
    func install() throws(ModelInstallError) {
        for folder in folders { Self.sync(folder) }
        fsync(lock)
        if rename(draft, target) != 0 {
            guard errno == ENOTEMPTY || errno == EEXIST, rename(target, replaced) == 0 else {
                throw Self.unwritable(target)
            }
            guard rename(draft, target) == 0 else {
                let failure = Self.unwritable(target)
                rename(replaced, target)
                throw failure
            }
            Self.remove(replaced)
        }
        Self.sync(target + "/..")
    }

    private static func sync(_ folder: String) {
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }

    /// Removes the draft.
    func discard() { try? FileIO.removeFolder(draft) }

    /// Removes what was replaced. The folders in it go only where it was a model, whose manifest goes last: whoever
    /// names a wrong folder loses plain files at most.
    private static func remove(_ folder: String) {
        let manifest = "\(folder)/\(ModelManifest.fileName)"
        let isModel = access(manifest, F_OK) == 0
        for name in names(in: folder) where name != ModelManifest.fileName {
            let path = "\(folder)/\(name)"
            if isModel { try? FileIO.removeFolder(path) } else { unlink(path) }
        }
        unlink(manifest)
        rmdir(folder)
    }

    /// Opens and locks the draft; the lock ends with the process, so a killed install holds nobody up.
    private static func hold(_ draft: String, for target: String) throws(ModelInstallError) -> Int32 {
        for _ in 0..<openTriesMax {
            guard mkdir(draft, 0o755) == 0 || errno == EEXIST else { throw unwritable(draft) }
            let file = open(draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard file >= 0 else {
                if errno == ENOENT { continue }
                throw unwritable(draft)
            }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                close(file)
                throw ModelInstallError(.installBusy, "another install into \(target) is under way: try again later")
            }
            var (held, named) = (stat(), stat())
            if fstat(file, &held) == 0, stat(draft, &named) == 0, held.st_ino == named.st_ino { return file }
            // Another install put this very folder in its place meanwhile.
            close(file)
        }
        throw ModelInstallError(.installBusy, "other installs into \(target) are under way: try again later")
    }

    private static func makeFolders(_ folder: String) throws(ModelInstallError) {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += part + "/"
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw unwritable(path) }
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func unwritable(_ path: String) -> ModelInstallError {
        ModelInstallError(.folderUnwritable, "\(path): \(String(cString: strerror(errno)))")
    }
}
