/// The payload of Firestore's events: a document before and after a change
/// (https://github.com/googleapis/google-cloudevents, `google/events/cloud/firestore/v1/data.proto`).
public struct DocumentEventData: Sendable, Equatable {
    /// The document after the change; nil where it was deleted.
    public var value: Document?
    /// The document before the change; nil where it was created.
    public var oldValue: Document?
    /// The paths of the fields that an update changed; empty for creations and deletions.
    public var updateMask: [String]

    /// A payload of its parts.
    public init(value: Document?, oldValue: Document? = nil, updateMask: [String] = []) {
        self.value = value
        self.oldValue = oldValue
        self.updateMask = updateMask
    }

    /// The document's name, whichever side has it.
    public var documentName: String? { value?.name ?? oldValue?.name }
}

extension DocumentEventData {
    /// Reads the JSON form (ProtoJSON).
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            value: try Self.document(reader["value"]),
            oldValue: try Self.document(reader["oldValue"]),
            updateMask: try Self.paths(reader["updateMask"])
        )
        guard documentName != nil else { throw reader.mismatch("a value or an oldValue") }
    }

    /// The JSON form (ProtoJSON).
    public var json: JSON {
        var members: [String: JSON] = [:]
        if let value { members["value"] = value.json }
        if let oldValue { members["oldValue"] = oldValue.json }
        if !updateMask.isEmpty { members["updateMask"] = ["fieldPaths": .array(updateMask.map(JSON.string))] }
        return .object(members)
    }

    /// An empty message stands for no document.
    private static func document(_ reader: JSONReader) throws(JSONTypeError) -> Document? {
        guard !reader.isNull, reader.value != [:] else { return nil }
        return try Document(reader)
    }

    private static func paths(_ mask: JSONReader) throws(JSONTypeError) -> [String] {
        var paths: [String] = []
        for path in try mask["fieldPaths"].optional?.array() ?? [] { paths.append(try path.string()) }
        return paths
    }
}
