public import Wire

/// An event in a file: `{"headers": {…}, "body": …}` or `{"headers": {…}, "body_base64": "…"}`.
public enum EventFile {
    /// Reads the request that would carry the event.
    ///
    /// - Throws: ``ArchiveError`` where the file cannot be read, `ByteStreamTooLong`, `JSONParseError` and
    ///   `JSONTypeError`.
    public static func request(path: String, bytesMax: Int) async throws -> FunctionRequest {
        try request(JSONReader(JSON(parsing: try await FileStream(path: path).collect(bytesMax: bytesMax))))
    }

    /// Reads the request from the file's JSON.
    public static func request(_ file: JSONReader) throws(JSONTypeError) -> FunctionRequest {
        var headers = HTTPHeaders()
        for (name, value) in try file["headers"].members() { headers.add(name, try value.string()) }
        let base64 = file["body_base64"].optional
        guard (base64 == nil) != (file["body"].optional == nil) else {
            throw file.mismatch("either body or body_base64")
        }
        let body = try base64.map { text throws(JSONTypeError) in try text.base64() } ?? file["body"].value.bytes
        return FunctionRequest(headers: headers, body: body)
    }
}
