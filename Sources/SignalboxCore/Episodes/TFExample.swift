public import Wire

/// A `tf.train.Example` (tensorflow/core/example/example.proto, feature.proto): lists of bytes, floats or integers by
/// name, in any order, packed or not. All of it is checked when it is read; numbers are unpacked when they are wanted.
public struct TFExample: Sendable {
    /// A list.
    public struct Feature: Sendable {
        /// What the list holds; the raw value is its field's number.
        public enum Kind: Int, Sendable {
            /// No list at all.
            case none = 0
            /// `bytes_list`.
            case bytes = 1
            /// `float_list`.
            case floats = 2
            /// `int64_list`.
            case integers = 3
        }

        /// What it holds.
        public let kind: Kind
        /// How many.
        public let count: Int
        /// The message `BytesList`, `FloatList` or `Int64List`.
        fileprivate let list: ArraySlice<UInt8>
    }

    /// Features of one Example.
    public static let featuresMax = 4096

    /// The features by name.
    public let features: [String: Feature]

    /// Reads an Example; fields with unknown numbers are passed over.
    ///
    /// - Throws: `ProtobufError` with the byte at which it is wrong; a name twice, or a feature of two kinds, is wrong.
    public init(parsing bytes: [UInt8]) throws(ProtobufError) {
        var features: [String: Feature] = [:]
        var reader = ProtobufReader(bytes[...])
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            var entries = try field.message()
            while let entry = try entries.next() {
                guard entry.number == 1 else { continue }
                let (name, feature) = try Self.entry(entry)
                guard features.updateValue(feature, forKey: name) == nil else { throw entry.error(.duplicateField) }
                guard features.count <= Self.featuresMax else { throw entry.error(.tooLarge) }
            }
        }
        self.features = features
    }

    /// One side of the map `feature`: key 1, value 2.
    private static func entry(_ field: ProtobufReader.Field) throws(ProtobufError) -> (String, Feature) {
        var reader = try field.message()
        var name: String?
        var feature: Feature?
        while let part = try reader.next() {
            switch part.number {
            case 1 where name == nil: name = try part.string()
            case 2 where feature == nil: feature = try Feature(part.message())
            case 1, 2: throw part.error(.duplicateField)
            default: continue
            }
        }
        return (name ?? "", feature ?? Feature(kind: .none, count: 0, list: []))
    }
}

extension TFExample.Feature {
    fileprivate init(_ message: ProtobufReader) throws(ProtobufError) {
        var reader = message
        var feature = Self(kind: .none, count: 0, list: [])
        while let field = try reader.next() {
            guard let kind = Kind(rawValue: field.number), kind != .none else { continue }
            guard feature.kind == .none else { throw field.error(.duplicateField) }
            let list = try field.bytes()
            var count = 0
            try Self.walk(list, kind) { _ in count += 1 }
            feature = Self(kind: kind, count: count, list: list)
        }
        self = feature
    }

    private enum Element {
        case bytes(ArraySlice<UInt8>)
        case number(UInt64)
    }

    /// Walks through a list's field `value`, number 1: once an element, or packed, or both.
    private static func walk(
        _ list: ArraySlice<UInt8>,
        _ kind: Kind,
        _ body: (Element) -> Void
    ) throws(ProtobufError) {
        var reader = ProtobufReader(list)
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            switch (kind, field.content) {
            case (.bytes, .bytes(let bytes)): body(.bytes(bytes))
            case (.floats, .fixed32(let bits)): body(.number(UInt64(bits)))
            case (.integers, .varint(let number)): body(.number(number))
            case (.floats, .bytes(let packed)):
                var numbers = ProtobufReader(packed)
                while !numbers.isAtEnd { body(.number(try numbers.fixed(4))) }
            case (.integers, .bytes(let packed)):
                var numbers = ProtobufReader(packed)
                while !numbers.isAtEnd { body(.number(try numbers.varint())) }
            default: throw field.error(.malformed)
            }
        }
    }

    private func elements(_ wanted: Kind, _ body: (Element) -> Void) {
        guard kind == wanted else { return }
        // It was walked through when it was read.
        try? Self.walk(list, kind, body)
    }

    /// The byte strings; empty of another kind.
    public var bytes: [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        elements(.bytes) { if case .bytes(let bytes) = $0 { values.append(bytes) } }
        return values
    }

    /// The floats; empty of another kind.
    public var floats: [Float] {
        var values: [Float] = []
        values.reserveCapacity(kind == .floats ? count : 0)
        elements(.floats) {
            if case .number(let bits) = $0 { values.append(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) }
        }
        return values
    }

    /// The integers; empty of another kind.
    public var integers: [Int64] {
        var values: [Int64] = []
        values.reserveCapacity(kind == .integers ? count : 0)
        elements(.integers) { if case .number(let bits) = $0 { values.append(Int64(bitPattern: bits)) } }
        return values
    }
}
