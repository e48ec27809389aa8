/// The binary form of Firestore's payload, with a reader and a writer for just the fields it has.
///
/// swift-protobuf would bring Foundation into the handlers, which doubles their size and start, and some thousand
/// generated lines for five small messages. What is read here is stricter as well: a document with one field twice, a
/// value of two types or of an unknown one is an error, where the general rule is that the last one wins.
extension DocumentEventData {
    /// Field numbers of `DocumentEventData`.
    private enum Number {
        static let value = 1
        static let oldValue = 2
        static let updateMask = 3
        /// `DocumentMask.field_paths`.
        static let fieldPaths = 1
    }

    /// Reads the message; fields with unknown numbers are passed over.
    public init(protobuf bytes: [UInt8], limits: ProtobufLimits = .standard) throws(ProtobufError) {
        guard bytes.count <= limits.bytesMax else { throw ProtobufError(code: .tooLarge, offset: limits.bytesMax) }
        var reader = ProtobufReader(bytes[...])
        var seen = Set<Int>()
        self.init(value: nil)
        while let field = try reader.next() {
            guard (Number.value...Number.updateMask).contains(field.number) else { continue }
            guard seen.insert(field.number).inserted else { throw field.error(.duplicateField) }
            switch field.number {
            case Number.value: value = try Self.document(field, limits)
            case Number.oldValue: oldValue = try Self.document(field, limits)
            default: updateMask = try Self.paths(try field.message())
            }
        }
        guard documentName != nil else { throw reader.error(.missingField) }
    }

    /// The message, the same bytes for equal values.
    public var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        if let value { writer.message(Number.value) { value.write(to: &$0) } }
        if let oldValue { writer.message(Number.oldValue) { oldValue.write(to: &$0) } }
        // Google's emulator writes the mask also where it is empty.
        writer.message(Number.updateMask) { mask in
            for path in updateMask { mask.string(Number.fieldPaths, path) }
        }
        return writer.bytes
    }

    /// An empty message stands for no document.
    private static func document(
        _ field: ProtobufReader.Field,
        _ limits: ProtobufLimits
    ) throws(ProtobufError) -> Document? {
        let message = try field.message()
        return message.isEmpty ? nil : try Document(protobuf: message, limits: limits)
    }

    private static func paths(_ message: ProtobufReader) throws(ProtobufError) -> [String] {
        var reader = message
        var paths: [String] = []
        while let field = try reader.next() {
            if field.number == Number.fieldPaths { paths.append(try field.string()) }
        }
        return paths
    }
}
