public import Wire

/// What a store knows of one generation of an object.
public struct ObjectMetadata: Sendable, Equatable {
    /// Bucket and name.
    public var name: ObjectName
    /// Which write made these bytes: grows with every write of the name.
    public var generation: Int64
    /// Which change of the metadata this is, from 1 for each generation.
    public var metageneration: Int64
    /// Bytes.
    public var size: Int64
    /// The checksum of the bytes.
    public var crc32c: CRC32C?
    /// The media type.
    public var contentType: String
    /// The custom metadata.
    public var metadata: [String: String]
    /// When this generation was made.
    public var created: Timestamp
    /// When this generation or its metadata changed last.
    public var updated: Timestamp

    /// Metadata of its parts.
    public init(
        name: ObjectName,
        generation: Int64,
        metageneration: Int64 = 1,
        size: Int64,
        crc32c: CRC32C?,
        contentType: String,
        metadata: [String: String] = [:],
        created: Timestamp,
        updated: Timestamp
    ) {
        self.name = name
        self.generation = generation
        self.metageneration = metageneration
        self.size = size
        self.crc32c = crc32c
        self.contentType = contentType
        self.metadata = metadata
        self.created = created
        self.updated = updated
    }
}

/// What must hold for a call to be carried out
/// (https://cloud.google.com/storage/docs/request-preconditions).
public struct ObjectPreconditions: Sendable, Equatable {
    /// The live generation must be this one; 0: there must be no object.
    public var generationMatch: Int64?
    /// The live generation must not be this one; 0: there must be an object.
    public var generationNotMatch: Int64?
    /// The metageneration must be this one.
    public var metagenerationMatch: Int64?
    /// The metageneration must not be this one.
    public var metagenerationNotMatch: Int64?

    /// Preconditions, none unless named.
    public init(
        generationMatch: Int64? = nil,
        generationNotMatch: Int64? = nil,
        metagenerationMatch: Int64? = nil,
        metagenerationNotMatch: Int64? = nil
    ) {
        self.generationMatch = generationMatch
        self.generationNotMatch = generationNotMatch
        self.metagenerationMatch = metagenerationMatch
        self.metagenerationNotMatch = metagenerationNotMatch
    }

    /// Nothing has to hold.
    public static let none = ObjectPreconditions()
    /// There must be no such object yet.
    public static let doesNotExist = ObjectPreconditions(generationMatch: 0)
    /// The object must still be of that generation.
    public static func generation(_ generation: Int64) -> ObjectPreconditions {
        ObjectPreconditions(generationMatch: generation)
    }
}

/// An object's bytes on their way.
public struct ObjectContent: Sendable {
    /// Of the whole object, whatever the range.
    public let metadata: ObjectMetadata
    /// The bytes asked for.
    public let body: any ByteStream

    /// Content of its parts.
    public init(metadata: ObjectMetadata, body: any ByteStream) {
        self.metadata = metadata
        self.body = body
    }
}

/// What a write carries.
public enum ObjectBody: Sendable {
    /// Bytes at hand.
    case bytes([UInt8])
    /// Bytes that can be read again from any offset, so that a broken upload goes on where it broke.
    case source(any ObjectSource)

    /// Bytes in all.
    public var length: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .source(let source): source.length
        }
    }
}

/// Bytes of a known length that can be read again from any offset: a file.
public protocol ObjectSource: Sendable {
    /// Bytes in all.
    var length: Int64 { get }
    /// The bytes from an offset to the end.
    func stream(from offset: Int64) throws -> any ByteStream
}

/// One page of a list.
public struct ObjectPage: Sendable, Equatable {
    /// The objects, by name in UTF-8 order.
    public var objects: [ObjectMetadata]
    /// Where the next page starts; nil at the end.
    public var nextPageToken: String?

    /// A page of its parts.
    public init(objects: [ObjectMetadata], nextPageToken: String?) {
        self.objects = objects
        self.nextPageToken = nextPageToken
    }
}
