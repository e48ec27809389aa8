import SignalboxCore
import Wire

extension ObjectMetadata {
    /// Reads an object's resource (https://cloud.google.com/storage/docs/json_api/v1/objects#resource).
    init(resource: JSONReader) throws(JSONTypeError) {
        var custom: [String: String] = [:]
        for (name, value) in try resource["metadata"].optional?.members() ?? [] { custom[name] = try value.string() }
        let created = try resource["timeCreated"].timestamp()
        self.init(
            name: ObjectName(bucket: try resource["bucket"].string(), name: try resource["name"].string()),
            generation: try resource["generation"].decimal(),
            metageneration: try resource["metageneration"].decimal(),
            size: try resource["size"].decimal(),
            crc32c: try Self.checksum(resource["crc32c"]),
            contentType: try resource["contentType"].optional?.string() ?? "application/octet-stream",
            metadata: custom,
            created: created,
            updated: try resource["updated"].optional?.timestamp() ?? created
        )
    }

    private static func checksum(_ reader: JSONReader) throws(JSONTypeError) -> CRC32C? {
        guard let text = try reader.optional?.string() else { return nil }
        guard let checksum = CRC32C(base64: text) else { throw reader.mismatch("a CRC32C in base64") }
        return checksum
    }

    /// Whether this is what a write of these parts makes.
    func isWork(length: Int64, crc32c: CRC32C, contentType: String, metadata: [String: String]) -> Bool {
        size == length && self.crc32c == crc32c && self.contentType == contentType && self.metadata == metadata
    }
}

extension JSONReader {
    /// A 64-bit integer, which ProtoJSON writes as a string.
    func decimal() throws(JSONTypeError) -> Int64 {
        guard case .string(let text) = value else { return try integer() }
        guard let number = Int64(text) else { throw mismatch("a 64-bit integer", found: text) }
        return number
    }
}
