/// A JSON value (RFC 8259). Integers keep their 64 bits; all other numbers are IEEE 754 doubles.
public enum JSON: Sendable, Equatable {
    /// The literal `null`.
    case null
    /// The literals `true` and `false`.
    case bool(Bool)
    /// A number written without fraction and exponent, from -2^63 to 2^63 - 1.
    case integer(Int64)
    /// Any other number; always finite when it was parsed.
    case double(Double)
    /// A string of Unicode scalar values.
    case string(String)
    /// An ordered list.
    case array([JSON])
    /// Members by name; names are unique.
    case object([String: JSON])
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// `"text"` as a JSON string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// `7` as a JSON integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// `0.5` as a JSON number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// `true` as a JSON literal.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `[…]` as a JSON array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// `nil` as JSON `null`.
    public init(nilLiteral: ()) { self = .null }
    /// `["name": …]` as a JSON object; of two members with one name the last stays.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

extension JSON {
    /// The name of the value's type, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The member of that name when this is an object that has it.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text when this is a string.
    public var stringValue: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number when this is an integer.
    public var integerValue: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }
}
