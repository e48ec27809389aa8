/// `google.events.cloud.firestore.v1.Value`: one of the types below.
extension DocumentValue {
    private enum Number {
        static let boolean = 1
        static let integer = 2
        static let double = 3
        static let reference = 5
        static let map = 6
        static let geoPoint = 8
        static let array = 9
        static let timestamp = 10
        static let null = 11
        static let string = 17
        static let bytes = 18
        /// `MapValue.fields` and `ArrayValue.values`.
        static let elements = 1
    }

    init(protobuf message: ProtobufReader, depthLeft: Int) throws(ProtobufError) {
        var reader = message
        guard let field = try reader.next() else { throw reader.error(.missingField) }
        self = try Self.value(field, depthLeft)
        if let second = try reader.next() { throw second.error(.duplicateField) }
    }

    private static func value(
        _ field: ProtobufReader.Field,
        _ depthLeft: Int
    ) throws(ProtobufError) -> DocumentValue {
        switch field.number {
        case Number.boolean: return .boolean(try field.varint() != 0)
        case Number.integer: return .integer(Int64(bitPattern: try field.varint()))
        case Number.double: return .double(try field.double())
        case Number.reference: return .reference(try field.string())
        case Number.geoPoint: return try geoPoint(try field.message())
        case Number.timestamp: return .timestamp(try Timestamp(protobuf: field))
        case Number.string: return .string(try field.string())
        case Number.bytes: return .bytes(Array(try field.bytes()))
        case Number.null:
            _ = try field.varint()
            return .null
        case Number.map, Number.array:
            guard depthLeft > 0 else { throw field.error(.tooDeep) }
            let message = try field.message()
            return field.number == Number.map ? try map(message, depthLeft - 1) : try array(message, depthLeft - 1)
        default: throw field.error(.unknownValue)
        }
    }

    private static func map(_ message: ProtobufReader, _ depthLeft: Int) throws(ProtobufError) -> DocumentValue {
        var reader = message
        var fields: [String: DocumentValue] = [:]
        while let field = try reader.next() {
            guard field.number == Number.elements else { continue }
            try Document.readEntry(field, into: &fields, depthLeft: depthLeft)
        }
        return .map(fields)
    }

    private static func array(_ message: ProtobufReader, _ depthLeft: Int) throws(ProtobufError) -> DocumentValue {
        var reader = message
        var values: [DocumentValue] = []
        while let field = try reader.next() {
            guard field.number == Number.elements else { continue }
            values.append(try DocumentValue(protobuf: try field.message(), depthLeft: depthLeft))
        }
        return .array(values)
    }

    /// `google.type.LatLng`.
    private static func geoPoint(_ message: ProtobufReader) throws(ProtobufError) -> DocumentValue {
        var reader = message
        var latitude = 0.0
        var longitude = 0.0
        while let field = try reader.next() {
            switch field.number {
            case 1: latitude = try field.double()
            case 2: longitude = try field.double()
            default: continue
            }
        }
        return .geoPoint(latitude: latitude, longitude: longitude)
    }

    func write(to writer: inout ProtobufWriter) {
        switch self {
        case .null: writer.varint(Number.null, 0)
        case .boolean(let flag): writer.varint(Number.boolean, flag ? 1 : 0)
        case .integer(let number): writer.varint(Number.integer, UInt64(bitPattern: number))
        case .double(let number): writer.double(Number.double, number)
        case .timestamp(let time): writer.message(Number.timestamp) { time.write(to: &$0) }
        case .string(let text): writer.string(Number.string, text)
        case .bytes(let bytes): writer.bytes(Number.bytes, bytes)
        case .reference(let name): writer.string(Number.reference, name)
        case .geoPoint(let latitude, let longitude):
            writer.message(Number.geoPoint) { point in
                point.double(1, latitude)
                point.double(2, longitude)
            }
        case .array(let values):
            writer.message(Number.array) { array in
                for value in values { array.message(Number.elements) { value.write(to: &$0) } }
            }
        case .map(let fields):
            writer.message(Number.map) { Document.write(fields, Number.elements, to: &$0) }
        }
    }
}
