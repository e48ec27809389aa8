import Wire

/// What a client may set about an object beside its bytes
/// (https://cloud.google.com/storage/docs/json_api/v1/objects#resource-representations).
struct ObjectAttributes: Sendable {
    private static let texts = [
        "contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "customTime",
        "storageClass",
    ]

    /// The members of the resource that are set; `metadata` is an object of strings.
    private(set) var members: [String: JSON]

    /// Attributes from a resource; members that a client cannot set are passed over.
    ///
    /// - Throws: ``StorageError`` (`invalid`).
    init(_ resource: JSONReader) throws(StorageError) {
        members = [:]
        try merge(resource)
    }

    /// Attributes as ``json`` kept them.
    init(stored text: String) throws {
        guard case .object(let members) = try JSON.stored(text).value else { throw StorageError.invalid("attributes") }
        self.members = members
    }

    /// The attributes as JSON.
    var json: JSON { .object(members) }

    /// The media type.
    var contentType: String? {
        get { members["contentType"]?.stringValue }
        set { members["contentType"] = newValue.map { .string($0) } }
    }

    /// Sets what the resource names, and unsets what it names as null (PATCH, RFC 7396).
    mutating func merge(_ resource: JSONReader) throws(StorageError) {
        do {
            for name in Self.texts where resource.value[name] != nil {
                members[name] = try resource[name].optional.map { reader throws(JSONTypeError) in
                    .string(try reader.string())
                }
            }
            guard let metadata = resource.value["metadata"] else { return }
            guard metadata != .null else {
                members["metadata"] = nil
                return
            }
            var merged: [String: JSON] = [:]
            if case .object(let old) = members["metadata"] { merged = old }
            for (name, value) in try resource["metadata"].members() {
                merged[name] = try value.optional.map { reader throws(JSONTypeError) in .string(try reader.string()) }
            }
            members["metadata"] = merged.isEmpty ? nil : .object(merged)
            try check(merged)
        } catch let error as StorageError {
            throw error
        } catch {
            throw .invalid("\(error)")
        }
    }

    private func check(_ metadata: [String: JSON]) throws(StorageError) {
        let bytes = metadata.reduce(0) { $0 + $1.key.utf8.count + ($1.value.stringValue ?? "").utf8.count }
        guard bytes <= LocalCloudLimits.customMetadataBytesMax else {
            throw .invalid("the metadata is longer than \(LocalCloudLimits.customMetadataBytesMax) bytes")
        }
    }
}
