import Glibc
import Wire

/// Unpacks an archive's members into a folder. What is there may be used only when the whole archive was verified.
struct FolderVisitor: ArchiveVisitor, Sendable {
    let folder: String
    private var path: String?
    private var file: Int32?

    /// A visitor that unpacks into a folder which is there.
    init(folder: String) { self.folder = folder }

    mutating func begin(_ member: ArchiveMember) throws {
        // The reader has refused every path that would lead elsewhere.
        let path = "\(folder)/\(member.path)"
        guard member.kind == .file else { return try FileIO.makeFolder(path, permissions: 0o700) }
        if let slash = path.lastIndex(of: "/") { try FileIO.makeFolder(String(path[..<slash]), permissions: 0o700) }
        let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw Self.failure(path) }
        (self.path, file) = (path, opened)
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer) throws {
        guard let path, let file else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let failure = Self.failure(path)
                finish()
                throw failure
            }
            rest = rest.dropFirst(written)
        }
    }

    mutating func end() throws { finish() }

    private mutating func finish() {
        if let file { close(file) }
        (path, file) = (nil, nil)
    }

    private static func failure(_ path: String) -> FileIO.Failure {
        FileIO.Failure(path)
    }
}
