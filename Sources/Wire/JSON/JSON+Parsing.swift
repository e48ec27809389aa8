import CJSONC

extension JSON {
    /// Reads one JSON text: a strict scan first, then json-c.
    ///
    /// - Throws: ``JSONParseError`` with line and column for whatever is not RFC 8259 JSON, names a member twice, or
    ///   passes the limits.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONParseError) {
        let outcome: Result<JSON, JSONParseError> = bytes.withUnsafeBufferPointer { buffer in
            do throws(JSONParseError) {
                try JSONScanner.check(buffer, limits: limits)
                return .success(try JSON.decode(buffer, limits: limits))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    /// Reads one JSON text.
    public init(parsing text: String, limits: JSONLimits = .standard) throws(JSONParseError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// Hands text that the scan has passed to json-c.
    private static func decode(_ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONParseError) -> JSON {
        // json-c counts a scalar as one level, and wants a byte behind a bare number to see its end.
        guard let tokener = json_tokener_new_ex(Int32(clamping: limits.depthMax + 2)) else {
            throw JSONParseError(code: .tooDeep, line: 1, column: 1)
        }
        defer { json_tokener_free(tokener) }
        var padded = Array(text)
        padded.append(UInt8(ascii: "\n"))
        let value = padded.withUnsafeBytes { raw in
            json_tokener_parse_ex(tokener, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count))
        }
        guard json_tokener_get_error(tokener) == json_tokener_success else {
            throw JSONParseError(code: .unexpectedByte, line: 1, column: Int(json_tokener_get_parse_end(tokener)) + 1)
        }
        defer { _ = json_object_put(value) }
        return convert(value)
    }

    private static func convert(_ value: OpaquePointer?) -> JSON {
        switch json_object_get_type(value) {
        case json_type_boolean: return .bool(json_object_get_boolean(value) != 0)
        case json_type_int: return .integer(json_object_get_int64(value))
        case json_type_double: return .double(json_object_get_double(value))
        case json_type_string:
            let count = Int(json_object_get_string_len(value))
            guard let start = json_object_get_string(value) else { return .string("") }
            let bytes = UnsafeRawBufferPointer(start: start, count: count)
            return .string(String(decoding: bytes, as: UTF8.self))
        case json_type_array:
            return .array((0..<json_object_array_length(value)).map { convert(json_object_array_get_idx(value, $0)) })
        case json_type_object: return .object(members(of: value))
        default: return .null
        }
    }

    private static func members(of object: OpaquePointer?) -> [String: JSON] {
        var members: [String: JSON] = [:]
        members.reserveCapacity(Int(json_object_object_length(object)))
        var iterator = json_object_iter_begin(object)
        var end = json_object_iter_end(object)
        while json_object_iter_equal(&iterator, &end) == 0 {
            if let name = json_object_iter_peek_name(&iterator) {
                members[String(cString: name)] = convert(json_object_iter_peek_value(&iterator))
            }
            json_object_iter_next(&iterator)
        }
        return members
    }
}
