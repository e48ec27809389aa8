import Wire

extension CloudEvent {
    private static let required = ["id", "source", "specversion", "type"]

    /// Reads binary mode: attributes in `ce-` fields, the data as the body
    /// (HTTP Protocol Binding for CloudEvents 1.0.2, section 3.1).
    init(headers: HTTPHeaders, body: [UInt8]) throws(EventError) {
        var attributes: [String: String] = [:]
        for field in headers {
            let name = field.name.lowercased()
            guard name.hasPrefix("ce-") else { continue }
            guard let value = PercentEncoding.decode(field.value) else {
                throw EventError(.attributeMalformed, "\(name) is not percent-encoded UTF-8")
            }
            guard attributes.updateValue(value, forKey: String(name.dropFirst(3))) == nil else {
                throw EventError(.attributeMalformed, "\(name) stands twice")
            }
        }
        // In binary mode the body's own content type is the data's.
        attributes["datacontenttype"] = headers["content-type"] ?? attributes["datacontenttype"]
        try self.init(attributes: attributes, data: body)
    }

    /// Reads structured mode: one JSON object with attributes and data (JSON Event Format for CloudEvents 1.0.2).
    init(structured body: [UInt8]) throws(EventError) {
        let json: JSON
        do { json = try JSON(parsing: body) } catch {
            throw EventError(.bodyMalformed, "the event is not JSON: \(error)")
        }
        guard case .object(var members) = json else {
            throw EventError(.bodyMalformed, "the event is \(json.kind), wanted an object")
        }
        let data = members.removeValue(forKey: "data")
        let base64 = members.removeValue(forKey: "data_base64")
        var attributes: [String: String] = [:]
        for (name, value) in members { attributes[name] = try Self.text(value, name) }
        let type = MediaType(attributes["datacontenttype"] ?? "")
        try self.init(attributes: attributes, data: try Self.data(data, base64, type))
    }

    private init(attributes: [String: String], data: [UInt8]) throws(EventError) {
        var rest = attributes
        for name in Self.required where (rest[name] ?? "").isEmpty {
            throw EventError(.attributeMissing, "the attribute \(name) is missing")
        }
        let version = rest.removeValue(forKey: "specversion") ?? ""
        guard version == "1.0" else {
            throw EventError(.specVersionUnsupported, "specversion is \(version), wanted 1.0")
        }
        let time = try rest.removeValue(forKey: "time").map { text throws(EventError) in try Self.time(text) }
        self.init(
            id: rest.removeValue(forKey: "id") ?? "",
            source: rest.removeValue(forKey: "source") ?? "",
            type: rest.removeValue(forKey: "type") ?? "",
            subject: rest.removeValue(forKey: "subject"),
            time: time,
            dataContentType: rest.removeValue(forKey: "datacontenttype"),
            extensions: rest,
            data: data
        )
    }

    private static func time(_ text: String) throws(EventError) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else {
            throw EventError(.attributeMalformed, "time is not an RFC 3339 time")
        }
        return time
    }

    /// Attributes are strings; integers and booleans have a canonical text (CloudEvents 1.0.2, "Type System").
    private static func text(_ value: JSON, _ name: String) throws(EventError) -> String? {
        switch value {
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .bool(let flag): return flag ? "true" : "false"
        case .null: return nil
        default: throw EventError(.attributeMalformed, "the attribute \(name) is \(value.kind)")
        }
    }

    private static func data(_ data: JSON?, _ base64: JSON?, _ type: MediaType) throws(EventError) -> [UInt8] {
        switch (data, base64) {
        case (nil, nil): return []
        case (nil, .some(let value)):
            guard let bytes = value.stringValue.flatMap({ Base64.decode($0) }) else {
                throw EventError(.bodyMalformed, "data_base64 is not base64")
            }
            return bytes
        case (.some(let value), nil):
            // Data that is not JSON stands in a string as it is.
            if !type.isJSON, case .string(let text) = value { return Array(text.utf8) }
            return value.bytes
        default: throw EventError(.bodyMalformed, "the event has data and data_base64")
        }
    }
}
