import Glibc
import SignalboxCore
import Wire

/// What is under way, kept beside the package so that an upload whose process was killed goes on where it broke.
struct UploadJournal: Sendable {
    /// The name of the file.
    static let fileName = ".signalbox-upload.json"
    /// Bytes of the file.
    static let fileBytesMax = 64 << 10
    /// The format's version.
    static let format: Int64 = 1

    /// One upload that was begun.
    struct Entry: Sendable, Equatable {
        /// Where to.
        var object: ObjectName
        /// The service's URL for it: who knows it may write.
        var session: String
        /// The bytes it was begun for.
        var crc32c: CRC32C
        /// How many.
        var size: Int64
        /// The generation it replaces; 0 for none.
        var generationMatch: Int64

        /// Whether it goes on with an order.
        func isFor(_ order: UploadSessionOrder) -> Bool {
            object == order.name && crc32c == order.crc32c && size == order.size
                && generationMatch == order.generationMatch
        }
    }

    private let path: String
    private(set) var entry: Entry?

    /// The journal of a package; one that cannot be read counts as empty, since an upload may always begin afresh.
    init(folder: String) {
        path = "\(folder)/\(Self.fileName)"
        guard let bytes = try? FileIO.read(path, bytesMax: Self.fileBytesMax), let json = try? JSON(parsing: bytes)
        else {
            return
        }
        entry = try? Entry(JSONReader(json))
    }

    /// Remembers an upload; its URL is a secret, so the file is its owner's alone.
    mutating func begin(_ entry: Entry) throws {
        self.entry = entry
        try FileIO.write(entry.json.bytes, to: path, permissions: 0o600)
    }

    /// Forgets it.
    mutating func end() {
        entry = nil
        unlink(path)
    }
}

extension UploadJournal.Entry {
    fileprivate init(_ reader: JSONReader) throws {
        _ = try reader["format"].integer(in: UploadJournal.format...UploadJournal.format)
        guard let object = ObjectName(uri: try reader["uri"].string()) else { throw reader["uri"].mismatch("gs://…") }
        guard let crc32c = CRC32C(base64: try reader["crc32c"].string()) else {
            throw reader["crc32c"].mismatch("a CRC32C in base64")
        }
        self.init(
            object: object,
            session: try reader["session"].string(),
            crc32c: crc32c,
            size: try reader["size"].integer(in: 0...Int64.max),
            generationMatch: try reader["generation_match"].integer(in: 0...Int64.max)
        )
    }

    fileprivate var json: JSON {
        [
            "format": .integer(UploadJournal.format),
            "uri": .string(object.uri),
            "session": .string(session),
            "crc32c": .string(crc32c.base64),
            "size": .integer(size),
            "generation_match": .integer(generationMatch),
        ]
    }
}
