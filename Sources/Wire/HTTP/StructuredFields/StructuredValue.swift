/// A bare item of a structured field (RFC 9651, section 3.3): the kinds that signatures and digests use. Decimals,
/// dates and display strings are not read.
public enum StructuredValue: Sendable, Equatable {
    /// At most 15 digits.
    case integer(Int64)
    /// Printable ASCII in quotes.
    case string(String)
    /// A word without quotes.
    case token(String)
    /// Base64 between colons.
    case bytes([UInt8])
    /// `?0` or `?1`.
    case boolean(Bool)

    /// The field's form (RFC 9651, section 4.1).
    public var serialized: String {
        switch self {
        case .integer(let number): String(number)
        case .string(let text): "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
        case .token(let text): text
        case .bytes(let bytes): ":\(Base64.encode(bytes)):"
        case .boolean(let flag): flag ? "?1" : "?0"
        }
    }
}

/// Parameters in their order (RFC 9651, section 3.1.2).
public struct StructuredParameters: Sendable, Equatable {
    /// One parameter.
    public struct Parameter: Sendable, Equatable {
        /// Its key.
        public let key: String
        /// Its value; `true` where none is written.
        public let value: StructuredValue
    }

    /// The parameters.
    public private(set) var list: [Parameter] = []

    /// None.
    public init() {}

    /// The value of a key.
    public subscript(key: String) -> StructuredValue? { list.first { $0.key == key }?.value }

    /// Adds one behind the others.
    public mutating func add(_ key: String, _ value: StructuredValue) {
        list.append(Parameter(key: key, value: value))
    }

    /// The field's form.
    public var serialized: String {
        list.map { $0.value == .boolean(true) ? ";\($0.key)" : ";\($0.key)=\($0.value.serialized)" }.joined()
    }
}

/// An item with its parameters (RFC 9651, section 3.3).
public struct StructuredItem: Sendable, Equatable {
    /// The value.
    public var value: StructuredValue
    /// Its parameters.
    public var parameters: StructuredParameters

    /// An item of its parts.
    public init(_ value: StructuredValue, parameters: StructuredParameters = StructuredParameters()) {
        self.value = value
        self.parameters = parameters
    }

    /// The field's form.
    public var serialized: String { value.serialized + parameters.serialized }
}

/// A list within a member (RFC 9651, section 3.1.1).
public struct StructuredInnerList: Sendable, Equatable {
    /// The items.
    public var items: [StructuredItem]
    /// The list's own parameters.
    public var parameters: StructuredParameters

    /// A list of its parts.
    public init(_ items: [StructuredItem], parameters: StructuredParameters = StructuredParameters()) {
        self.items = items
        self.parameters = parameters
    }

    /// The field's form.
    public var serialized: String {
        "(" + items.map(\.serialized).joined(separator: " ") + ")" + parameters.serialized
    }
}
