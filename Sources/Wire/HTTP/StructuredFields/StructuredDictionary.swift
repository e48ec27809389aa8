/// A field that is a dictionary (RFC 9651, section 3.2): `Signature`, `Signature-Input`, `Content-Digest`.
public struct StructuredDictionary: Sendable, Equatable {
    /// Bytes of a field.
    public static let bytesMax = 8 << 10
    /// Members of a dictionary, items of an inner list, parameters of one thing.
    public static let countMax = 64

    /// What a member is.
    public enum Content: Sendable, Equatable {
        /// An item.
        case item(StructuredItem)
        /// A list.
        case list(StructuredInnerList)
    }

    /// One member.
    public struct Member: Sendable, Equatable {
        /// Its key.
        public let key: String
        /// What it is.
        public let content: Content
    }

    /// The members in their order.
    public private(set) var members: [Member]

    /// A dictionary of members.
    public init(_ members: [(String, Content)]) {
        self.members = members.map { Member(key: $0.0, content: $0.1) }
    }

    /// Reads a field. Stricter than the RFC in one thing: a key that stands twice is refused, since whoever reads the
    /// first and whoever reads the last would see different fields.
    ///
    /// - Throws: ``StructuredFieldError``.
    public init(parsing text: String) throws(StructuredFieldError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw StructuredFieldError(offset: Self.bytesMax, expected: "at most \(Self.bytesMax) bytes")
        }
        var parser = StructuredFieldParser(text)
        members = try parser.dictionary()
    }

    /// The member of that key.
    public subscript(key: String) -> Content? { members.first { $0.key == key }?.content }

    /// The field's form.
    public var serialized: String {
        members.map { member in
            switch member.content {
            case .item(let item) where item.value == .boolean(true): member.key + item.parameters.serialized
            case .item(let item): member.key + "=" + item.serialized
            case .list(let list): member.key + "=" + list.serialized
            }
        }.joined(separator: ", ")
    }
}

/// Text that is no structured field.
public struct StructuredFieldError: Error, Equatable, CustomStringConvertible {
    /// The offending byte, from 0.
    public let offset: Int
    /// What was wanted there.
    public let expected: String

    /// One line for people.
    public var description: String { "byte \(offset): wanted \(expected)" }
}
