import Glibc
import Wire

/// The files that the deployment's training command is made of, as far as its words name them.
struct CommandProgram: Sendable, Equatable {
    /// Bytes of a file that is digested.
    private static let fileBytesMax: Int64 = 4 << 30

    /// A file of the command.
    struct File: Sendable, Equatable {
        /// As the command names it.
        let path: String
        /// Nil where it cannot be read.
        let digest: Digest?
    }

    /// The program, and the first of its arguments that is a file: as a rule the script that it runs.
    let files: [File]

    /// What tells this program from another: the script's digest, or the program's own where it runs none.
    var digest: Digest? { files.last?.digest }

    /// Reads the files of a command as they are now; links are followed.
    ///
    /// - Parameter words: the deployment's. A job's own arguments are a stranger's and name no program.
    init(_ words: [String]) {
        let script = words.dropFirst().first(where: Self.isFile)
        files = (words.prefix(1) + [script].compactMap(\.self)).map { File(path: $0, digest: Self.digest(of: $0)) }
    }

    /// `[{"path": …, "sha256": …}]`.
    var json: JSON {
        .array(
            files.map { file in
                ["path": .string(file.path), "sha256": file.digest.map { .string($0.hex) } ?? nil]
            }
        )
    }

    private static func isFile(_ path: String) -> Bool { size(of: path) != nil }

    /// Nil of what is no plain file.
    private static func size(of path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    private static func digest(of path: String) -> Digest? {
        guard let size = size(of: path), size <= fileBytesMax else { return nil }
        var hash = SHA256()
        do { try FileIO.readChunks(of: path) { hash.update($0) } } catch { return nil }
        return hash.finalize()
    }
}
