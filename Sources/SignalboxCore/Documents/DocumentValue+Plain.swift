public import Wire

extension DocumentValue {
    /// The value as plain JSON, for people and for ``JSONReader``: times as RFC 3339, bytes as base64.
    public var plain: JSON {
        switch self {
        case .null: .null
        case .boolean(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .double(let number): number.isFinite ? .double(number) : .string("\(number)")
        case .timestamp(let time): .string(time.description)
        case .string(let text), .reference(let text): .string(text)
        case .bytes(let bytes): .string(Base64.encode(bytes))
        case .geoPoint(let latitude, let longitude):
            ["latitude": .double(latitude), "longitude": .double(longitude)]
        case .array(let values): .array(values.map(\.plain))
        case .map(let fields): .object(fields.mapValues(\.plain))
        }
    }

    /// A document value of plain JSON; times stay text.
    public init(plain json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .boolean(flag)
        case .integer(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(DocumentValue.init(plain:)))
        case .object(let members): self = .map(members.mapValues(DocumentValue.init(plain:)))
        }
    }
}

extension Document {
    /// The fields as plain JSON behind a reader.
    public var reader: JSONReader { JSONReader(.object(fields.mapValues(\.plain)), pointer: "/" + path) }
}
