extension DocumentValue {
    /// The value as Firestore's REST API writes it: `{"integerValue": "7"}`.
    public var json: JSON {
        switch self {
        case .null: ["nullValue": nil]
        case .boolean(let flag): ["booleanValue": .bool(flag)]
        case .integer(let number): ["integerValue": .string(String(number))]
        case .double(let number): ["doubleValue": Self.json(number)]
        case .timestamp(let time): ["timestampValue": .string(time.description)]
        case .string(let text): ["stringValue": .string(text)]
        case .bytes(let bytes): ["bytesValue": .string(Base64.encode(bytes))]
        case .reference(let name): ["referenceValue": .string(name)]
        case .geoPoint(let latitude, let longitude):
            ["geoPointValue": ["latitude": .double(latitude), "longitude": .double(longitude)]]
        case .array(let values): ["arrayValue": ["values": .array(values.map(\.json))]]
        case .map(let fields): ["mapValue": ["fields": Self.json(fields)]]
        }
    }

    /// Fields as the REST API writes them.
    public static func json(_ fields: [String: DocumentValue]) -> JSON { .object(fields.mapValues(\.json)) }

    /// ProtoJSON writes what JSON numbers cannot as words.
    private static func json(_ number: Double) -> JSON {
        number.isNaN ? "NaN" : number.isFinite ? .double(number) : number > 0 ? "Infinity" : "-Infinity"
    }

    /// Reads the REST API's form.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        let names = reader.names
        guard names.count == 1, let name = names.first else { throw reader.mismatch("one typed value") }
        let value = reader[name]
        switch name {
        case "nullValue": self = .null
        case "booleanValue": self = .boolean(try value.bool())
        case "integerValue": self = .integer(try Self.integer(value))
        case "doubleValue": self = .double(try Self.double(value))
        case "timestampValue": self = .timestamp(try value.timestamp())
        case "stringValue": self = .string(try value.string())
        case "bytesValue": self = .bytes(try value.base64())
        case "referenceValue": self = .reference(try value.string())
        case "geoPointValue":
            let latitude = try value["latitude"].optional?.double() ?? 0
            self = .geoPoint(latitude: latitude, longitude: try value["longitude"].optional?.double() ?? 0)
        case "arrayValue":
            var values: [DocumentValue] = []
            for element in try value["values"].optional?.array() ?? [] { values.append(try DocumentValue(element)) }
            self = .array(values)
        case "mapValue": self = .map(try Self.fields(value["fields"]))
        default: throw reader.mismatch("a value type of Firestore", found: name)
        }
    }

    /// Reads fields; none where the reader is null, as ProtoJSON leaves empty maps out.
    public static func fields(_ reader: JSONReader) throws(JSONTypeError) -> [String: DocumentValue] {
        guard !reader.isNull else { return [:] }
        var fields: [String: DocumentValue] = [:]
        for (name, value) in try reader.members() { fields[name] = try DocumentValue(value) }
        return fields
    }

    private static func integer(_ reader: JSONReader) throws(JSONTypeError) -> Int64 {
        guard case .string(let text) = reader.value else { return try reader.integer() }
        guard let number = Int64(text) else { throw reader.mismatch("a 64-bit integer", found: text) }
        return number
    }

    private static func double(_ reader: JSONReader) throws(JSONTypeError) -> Double {
        switch reader.value {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: try reader.double()
        }
    }
}

extension Document {
    /// The document as the REST API writes it.
    public var json: JSON {
        [
            "name": .string(name),
            "fields": DocumentValue.json(fields),
            "createTime": .string(createTime.description),
            "updateTime": .string(updateTime.description),
        ]
    }

    /// Reads the REST API's form.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            name: try reader["name"].string(),
            fields: try DocumentValue.fields(reader["fields"]),
            createTime: try reader["createTime"].timestamp(),
            updateTime: try reader["updateTime"].timestamp()
        )
    }
}
