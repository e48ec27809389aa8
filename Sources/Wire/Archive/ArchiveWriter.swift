import Glibc

/// Writes archives that ``ArchiveReader`` takes.
public enum ArchiveWriter {
    /// What is done to the members' bytes.
    public enum Compression: String, Sendable {
        /// Nothing: fastest to write and to verify.
        case stored
        /// Deflate.
        case deflate
    }

    /// A file to be packed.
    public struct Source: Sendable, Equatable {
        /// Its name in the archive.
        public let path: String
        /// Where it is on disk.
        public let file: String

        /// A file to be packed.
        public init(path: String, file: String) {
            self.path = path
            self.file = file
        }
    }

    /// A member as it was written.
    public struct Member: Sendable, Equatable {
        /// Its name in the archive.
        public let path: String
        /// Bytes of its content.
        public let size: Int64
        /// The digest of its content.
        public let sha256: Digest
    }

    /// An archive as it was written.
    public struct Written: Sendable, Equatable {
        /// Bytes of the archive.
        public let size: Int64
        /// The digest of the archive.
        public let sha256: Digest
        /// The checksum of the archive, as Cloud Storage keeps it.
        public let crc32c: CRC32C
        /// The members in their order.
        public let members: [Member]
    }

    /// Writes a zip, the same bytes for the same members: no times of day, no owners, no attributes of files.
    ///
    /// - Parameters:
    ///   - sources: the files in the order in which they are to stand in the archive.
    ///   - path: the archive; a file there is replaced, and removed again where writing fails.
    ///   - compression: stored or deflate, for all members.
    ///   - progress: called with the bytes of members packed so far.
    /// - Throws: ``ArchiveError``: names that the reader would refuse, files that cannot be read or change meanwhile,
    ///   an archive that cannot be written.
    public static func writeZip(
        _ sources: [Source],
        to path: String,
        compression: Compression = .stored,
        progress: (Int64) -> Void = { _ in }
    ) throws(ArchiveError) -> Written {
        // Where the archive cannot be opened, what is there is not this call's to remove.
        var zip = try ZipWriter(path: path, compression: compression)
        do throws(ArchiveError) {
            var names = MemberNames(limits: .standard)
            for source in sources {
                _ = try names.admit(Array(source.path.utf8), kind: .file)
                try zip.add(source, progress: progress)
            }
            try zip.finish()
            return try summarise(path, members: zip.members)
        } catch {
            remove(path)
            throw error
        }
    }

    private static func summarise(_ path: String, members: [Member]) throws(ArchiveError) -> Written {
        let file = try OpenFile(reading: path)
        var sha256 = SHA256()
        var crc32c = CRC32C()
        var size: Int64 = 0
        while true {
            let bytes = try file.read(bytesMax: 1 << 20)
            if bytes.isEmpty { break }
            sha256.update(bytes)
            crc32c.update(bytes)
            size += Int64(bytes.count)
        }
        return Written(size: size, sha256: sha256.finalize(), crc32c: crc32c, members: members)
    }
}
