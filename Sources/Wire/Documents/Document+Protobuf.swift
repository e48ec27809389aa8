/// `google.events.cloud.firestore.v1.Document`.
extension Document {
    private enum Number {
        static let name = 1
        static let fields = 2
        static let createTime = 3
        static let updateTime = 4
        /// The two sides of a map's entry.
        static let key = 1
        static let value = 2
    }

    init(protobuf message: ProtobufReader, limits: ProtobufLimits) throws(ProtobufError) {
        var reader = message
        var name: String?
        var fields: [String: DocumentValue] = [:]
        var times: [Int: Timestamp] = [:]
        while let field = try reader.next() {
            switch field.number {
            case Number.name:
                guard name == nil else { throw field.error(.duplicateField) }
                name = try field.string()
            case Number.fields: try Self.readEntry(field, into: &fields, depthLeft: limits.depthMax)
            case Number.createTime, Number.updateTime:
                guard times[field.number] == nil else { throw field.error(.duplicateField) }
                times[field.number] = try Timestamp(protobuf: field)
            default: continue
            }
        }
        guard let name, let createTime = times[Number.createTime], let updateTime = times[Number.updateTime] else {
            throw reader.error(.missingField)
        }
        self.init(name: name, fields: fields, createTime: createTime, updateTime: updateTime)
    }

    func write(to writer: inout ProtobufWriter) {
        writer.string(Number.name, name)
        Self.write(fields, Number.fields, to: &writer)
        writer.message(Number.createTime) { createTime.write(to: &$0) }
        writer.message(Number.updateTime) { updateTime.write(to: &$0) }
    }

    /// Reads one entry of a map; a name that is there already is an error.
    static func readEntry(
        _ field: ProtobufReader.Field,
        into fields: inout [String: DocumentValue],
        depthLeft: Int
    ) throws(ProtobufError) {
        var reader = try field.message()
        var key: String?
        var value: DocumentValue?
        while let part = try reader.next() {
            switch part.number {
            case Number.key where key == nil: key = try part.string()
            case Number.value where value == nil:
                value = try DocumentValue(protobuf: try part.message(), depthLeft: depthLeft)
            case Number.key, Number.value: throw part.error(.duplicateField)
            default: continue
            }
        }
        guard let value else { throw field.error(.missingField) }
        guard fields.updateValue(value, forKey: key ?? "") == nil else { throw field.error(.duplicateField) }
    }

    /// Writes a map, entries by their names' bytes.
    static func write(_ fields: [String: DocumentValue], _ number: Int, to writer: inout ProtobufWriter) {
        for (name, value) in fields.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.message(number) { entry in
                entry.string(Number.key, name)
                entry.message(Number.value) { value.write(to: &$0) }
            }
        }
    }
}

/// `google.protobuf.Timestamp`.
extension Timestamp {
    /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
    private static let protobufSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    init(protobuf field: ProtobufReader.Field) throws(ProtobufError) {
        var reader = try field.message()
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        while let part = try reader.next() {
            switch part.number {
            case 1: seconds = Int64(bitPattern: try part.varint())
            case 2: nanoseconds = Int64(bitPattern: try part.varint())
            default: continue
            }
        }
        guard Self.protobufSeconds.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            throw field.error(.timeOutOfRange)
        }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    func write(to writer: inout ProtobufWriter) {
        if seconds != 0 { writer.varint(1, UInt64(bitPattern: seconds)) }
        if nanoseconds != 0 { writer.varint(2, UInt64(nanoseconds)) }
    }
}
