public import Wire

/// Opens resumable uploads that somebody else carries out: who holds a session's URL may send exactly the bytes that it
/// was opened for, and needs no other right
/// (https://cloud.google.com/storage/docs/resumable-uploads#session-uris).
public protocol UploadSessions: Sendable {
    /// Opens an upload.
    ///
    /// - Returns: the session's URL, a secret.
    /// - Throws: `preconditionFailed` where the object is of another generation than `generationMatch` (0: none).
    func begin(_ order: UploadSessionOrder) async throws(StoreError) -> String
}

/// What an upload is opened for: the service takes no other bytes.
public struct UploadSessionOrder: Sendable, Equatable {
    /// The object.
    public var name: ObjectName
    /// Bytes.
    public var size: Int64
    /// Their checksum.
    public var crc32c: CRC32C
    /// The media type.
    public var contentType: String
    /// The generation that is replaced; 0: there must be no object, at the beginning and at the end.
    public var generationMatch: Int64

    /// An order of its parts.
    public init(name: ObjectName, size: Int64, crc32c: CRC32C, contentType: String, generationMatch: Int64) {
        self.name = name
        self.size = size
        self.crc32c = crc32c
        self.contentType = contentType
        self.generationMatch = generationMatch
    }
}
