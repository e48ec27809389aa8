import Wire

/// One write of a commit (https://cloud.google.com/firestore/docs/reference/rest/v1/Write).
struct DocumentWrite: Sendable {
    /// What is done to the document before the transformations.
    enum Operation: Sendable {
        /// Sets the fields that the mask names, taking away those that have no value; without a mask, all fields.
        case update(fields: [String: DocumentValue], mask: [FieldPath]?)
        case delete
        /// Only the precondition.
        case verify
    }

    let path: DocumentPath
    let operation: Operation
    var transforms: [FieldTransform] = []
    let precondition: DocumentPrecondition

    /// A write of its parts.
    init(path: DocumentPath, operation: Operation, precondition: DocumentPrecondition) {
        self.path = path
        self.operation = operation
        self.precondition = precondition
    }

    /// Reads a member of `writes`.
    init(_ reader: JSONReader) throws {
        precondition = try DocumentPrecondition(reader["currentDocument"])
        if let update = reader["update"].optional {
            path = try DocumentPath(try update["name"].string()).document()
            let fields = try DocumentValue.fields(update["fields"])
            operation = .update(fields: fields, mask: try Self.mask(reader["updateMask"]))
            transforms = try (reader["updateTransforms"].optional?.array() ?? []).map { try FieldTransform($0) }
        } else if let name = reader["delete"].optional {
            path = try DocumentPath(try name.string()).document()
            operation = .delete
        } else if let name = reader["verify"].optional {
            path = try DocumentPath(try name.string()).document()
            operation = .verify
        } else if let transform = reader["transform"].optional {
            path = try DocumentPath(try transform["document"].string()).document()
            operation = .update(fields: [:], mask: [])
            transforms = try transform["fieldTransforms"].array().map { try FieldTransform($0) }
        } else {
            throw reader.mismatch("update, delete, verify or transform")
        }
    }

    /// Reads a document mask; nil where there is none, which is not the same as an empty one.
    static func mask(_ reader: JSONReader) throws -> [FieldPath]? {
        guard !reader.isNull else { return nil }
        return try (reader["fieldPaths"].optional?.array() ?? []).map { try FieldPath(parsing: try $0.string()) }
    }

    /// The fields that come of the write, or nil where the document is gone; and the transformations' values.
    func apply(
        to document: Document?,
        time: Timestamp
    ) throws(DocumentError) -> (fields: [String: DocumentValue]?, results: [DocumentValue]) {
        guard case .update(let given, let mask) = operation else {
            if case .delete = operation { return (nil, []) }
            return (document?.fields, [])
        }
        var fields: [String: DocumentValue]
        if let mask {
            fields = document?.fields ?? [:]
            for path in mask { path.set(path.value(in: given), in: &fields) }
        } else {
            fields = given
        }
        let results = transforms.map { $0.apply(to: &fields, time: time) }
        fields = fields.mapValues { $0.stored }
        try DocumentSize.check(fields, name: path.name)
        return (fields, results)
    }
}

extension DocumentValue {
    /// The value as Firestore keeps it: times to the microsecond.
    fileprivate var stored: DocumentValue {
        switch self {
        case .timestamp(let time): .timestamp(time.truncatedToMicroseconds)
        case .array(let values): .array(values.map(\.stored))
        case .map(let fields): .map(fields.mapValues { $0.stored })
        default: self
        }
    }
}

/// How large documents are (https://cloud.google.com/firestore/docs/storage-size).
enum DocumentSize {
    /// Refuses documents that are too large or too deep.
    static func check(_ fields: [String: DocumentValue], name: String) throws(DocumentError) {
        let bytes = text(name) + 32 + self.bytes(fields)
        guard bytes <= LocalCloudLimits.documentBytesMax else {
            throw .invalid(
                "Document '\(name)' cannot be written because its size (\(bytes) bytes) exceeds the maximum allowed "
                    + "size of \(LocalCloudLimits.documentBytesMax) bytes."
            )
        }
        guard depth(.map(fields)) <= LocalCloudLimits.documentDepthMax + 1 else {
            throw .invalid(
                "Document '\(name)' is deeper than \(LocalCloudLimits.documentDepthMax) levels of maps and arrays."
            )
        }
    }

    private static func text(_ text: String) -> Int { text.utf8.count + 1 }

    private static func bytes(_ fields: [String: DocumentValue]) -> Int {
        fields.reduce(0) { $0 + text($1.key) + bytes($1.value) }
    }

    private static func bytes(_ value: DocumentValue) -> Int {
        switch value {
        case .null, .boolean: 1
        case .integer, .double, .timestamp: 8
        case .geoPoint: 16
        case .string(let text): self.text(text)
        case .reference(let name): text(name) + 16
        case .bytes(let bytes): bytes.count
        case .array(let values): values.reduce(0) { $0 + bytes($1) }
        case .map(let fields): bytes(fields)
        }
    }

    private static func depth(_ value: DocumentValue) -> Int {
        switch value {
        case .array(let values): 1 + (values.map { depth($0) }.max() ?? 0)
        case .map(let fields): 1 + (fields.values.map { depth($0) }.max() ?? 0)
        default: 0
        }
    }
}
