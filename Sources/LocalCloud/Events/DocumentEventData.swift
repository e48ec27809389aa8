import Wire

/// The payload of Firestore's events
/// (https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto).
struct DocumentEventData {
    /// The document as it is; nil where it was deleted.
    let value: Document?
    /// The document as it was; nil where it was created.
    let oldValue: Document?

    /// The message as protobuf; maps in the order of their keys' bytes, so that equal events have equal bytes.
    var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        if let value { writer.message(1) { Self.write(value, to: &$0) } }
        if let oldValue { writer.message(2) { Self.write(oldValue, to: &$0) } }
        writer.message(3) { mask in
            for path in changedFields { mask.string(1, path) }
        }
        return writer.bytes
    }

    /// The top-level fields that an update changed.
    private var changedFields: [String] {
        guard let value, let oldValue else { return [] }
        let names = Set(value.fields.keys).union(oldValue.fields.keys)
        return names.filter { value.fields[$0]?.json.bytes != oldValue.fields[$0]?.json.bytes }
            .map { FieldPath([$0]).description }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func write(_ document: Document, to writer: inout ProtobufWriter) {
        writer.string(1, document.name)
        write(document.fields, field: 2, to: &writer)
        writer.message(3) { write(document.createTime, to: &$0) }
        writer.message(4) { write(document.updateTime, to: &$0) }
    }

    private static func write(_ fields: [String: DocumentValue], field: UInt64, to writer: inout ProtobufWriter) {
        for (name, value) in fields.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.message(field) { entry in
                entry.string(1, name)
                entry.message(2) { write(value, to: &$0) }
            }
        }
    }

    private static func write(_ time: Timestamp, to writer: inout ProtobufWriter) {
        if time.seconds != 0 { writer.integer(1, time.seconds) }
        if time.nanoseconds != 0 { writer.integer(2, Int64(time.nanoseconds)) }
    }

    private static func write(_ value: DocumentValue, to writer: inout ProtobufWriter) {
        switch value {
        case .null: writer.integer(11, 0)
        case .boolean(let flag): writer.integer(1, flag ? 1 : 0)
        case .integer(let number): writer.integer(2, number)
        case .double(let number): writer.double(3, number)
        case .timestamp(let time): writer.message(10) { write(time, to: &$0) }
        case .string(let text): writer.string(17, text)
        case .bytes(let bytes): writer.bytes(18, bytes)
        case .reference(let name): writer.string(5, name)
        case .geoPoint(let latitude, let longitude):
            writer.message(8) { point in
                if latitude != 0 { point.double(1, latitude) }
                if longitude != 0 { point.double(2, longitude) }
            }
        case .array(let values):
            writer.message(9) { array in
                for element in values { array.message(1) { write(element, to: &$0) } }
            }
        case .map(let fields): writer.message(6) { write(fields, field: 1, to: &$0) }
        }
    }
}
