/// A value of a Firestore document field
/// (https://cloud.google.com/firestore/docs/reference/rest/v1/Value).
public enum DocumentValue: Sendable, Equatable {
    /// `nullValue`.
    case null
    /// `booleanValue`.
    case boolean(Bool)
    /// `integerValue`, 64 bits.
    case integer(Int64)
    /// `doubleValue`, NaN and infinities included.
    case double(Double)
    /// `timestampValue`, kept to the microsecond.
    case timestamp(Timestamp)
    /// `stringValue`.
    case string(String)
    /// `bytesValue`.
    case bytes([UInt8])
    /// `referenceValue`: a full document name.
    case reference(String)
    /// `geoPointValue`, degrees.
    case geoPoint(latitude: Double, longitude: Double)
    /// `arrayValue`.
    case array([DocumentValue])
    /// `mapValue`.
    case map([String: DocumentValue])
}

/// A Firestore document as it was read.
public struct Document: Sendable, Equatable {
    /// `projects/P/databases/D/documents/collection/id…`.
    public var name: String
    /// The fields by name.
    public var fields: [String: DocumentValue]
    /// When it was created.
    public var createTime: Timestamp
    /// When it was last written: the precondition of the next write.
    public var updateTime: Timestamp

    /// A document of its parts.
    public init(name: String, fields: [String: DocumentValue], createTime: Timestamp, updateTime: Timestamp) {
        self.name = name
        self.fields = fields
        self.createTime = createTime
        self.updateTime = updateTime
    }
}
