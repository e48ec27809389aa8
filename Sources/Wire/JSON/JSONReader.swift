/// A JSON value together with the way to it, so that a wrong type can say where it stands.
public struct JSONReader: Sendable {
    /// The value.
    public let value: JSON
    private let place: Place

    /// The way to a value. Only an error makes text of it: readers are made for every member that is read.
    private indirect enum Place: Sendable {
        case root(String)
        case member(String, of: Place)
        case element(Int, of: Place)

        var pointer: String {
            switch self {
            case .root(let pointer): pointer
            case .member(let name, let parent): parent.pointer + "/" + JSONReader.escape(name)
            case .element(let index, let parent): parent.pointer + "/\(index)"
            }
        }
    }

    /// Reads from a root.
    public init(_ value: JSON, pointer: String = "") { self.init(value, .root(pointer)) }

    private init(_ value: JSON, _ place: Place) {
        self.value = value
        self.place = place
    }

    /// The way from the root, as a JSON pointer (RFC 6901); empty for the root.
    public var pointer: String { place.pointer }

    /// The member of that name; `null` where there is none.
    public subscript(name: String) -> JSONReader {
        JSONReader(value[name] ?? .null, .member(name, of: place))
    }

    /// Whether the value is absent or `null`.
    public var isNull: Bool {
        guard case .null = value else { return false }
        return true
    }

    /// This reader, or nil where the value is absent or `null`.
    public var optional: JSONReader? { isNull ? nil : self }

    /// The names of the members, sorted; empty where this is no object.
    public var names: [String] {
        guard case .object(let members) = value else { return [] }
        return members.keys.sorted()
    }

    /// The text of a string.
    public func string() throws(JSONTypeError) -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        return text
    }

    /// An integer, in the range given if one is.
    public func integer(in range: ClosedRange<Int64> = Int64.min...Int64.max) throws(JSONTypeError) -> Int64 {
        guard case .integer(let number) = value else { throw mismatch("an integer") }
        guard range.contains(number) else {
            throw mismatch("an integer from \(range.lowerBound) to \(range.upperBound)", found: String(number))
        }
        return number
    }

    /// An integer as `Int`.
    public func int(in range: ClosedRange<Int> = Int.min...Int.max) throws(JSONTypeError) -> Int {
        Int(try integer(in: Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    /// Any number.
    public func double() throws(JSONTypeError) -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .double(let number): return number
        default: throw mismatch("a number")
        }
    }

    /// A boolean.
    public func bool() throws(JSONTypeError) -> Bool {
        guard case .bool(let flag) = value else { throw mismatch("a boolean") }
        return flag
    }

    /// The elements of an array, each with its own pointer.
    public func array() throws(JSONTypeError) -> [JSONReader] {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return elements.enumerated().map { JSONReader($0.element, .element($0.offset, of: place)) }
    }

    /// The elements of an array of numbers: no reader for each of them, there may be many.
    public func doubles() throws(JSONTypeError) -> [Double] {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        var numbers: [Double] = []
        numbers.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            switch element {
            case .integer(let number): numbers.append(Double(number))
            case .double(let number): numbers.append(number)
            default: throw JSONReader(element, .element(index, of: place)).mismatch("a number")
            }
        }
        return numbers
    }

    /// The members of an object, sorted by name, each with its own pointer.
    public func members() throws(JSONTypeError) -> [(name: String, reader: JSONReader)] {
        guard case .object = value else { throw mismatch("an object") }
        return names.map { ($0, self[$0]) }
    }

    /// An RFC 3339 time.
    public func timestamp() throws(JSONTypeError) -> Timestamp {
        guard let time = Timestamp(rfc3339: try string()) else { throw mismatch("an RFC 3339 time") }
        return time
    }

    /// Bytes in standard base64 with padding.
    public func base64() throws(JSONTypeError) -> [UInt8] {
        guard let bytes = Base64.decode(try string()) else { throw mismatch("base64") }
        return bytes
    }

    /// The error that this value is not what was wanted.
    public func mismatch(_ expected: String, found: String? = nil) -> JSONTypeError {
        JSONTypeError(pointer: pointer, expected: expected, found: found ?? (isNull ? "nothing" : value.kind))
    }

    private static func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.reduce(into: "") { text, character in
            text += character == "~" ? "~0" : character == "/" ? "~1" : String(character)
        }
    }
}

/// A JSON value that is well formed and not what was wanted.
public struct JSONTypeError: Error, Equatable, CustomStringConvertible {
    /// Where it stands (RFC 6901).
    public let pointer: String
    /// What was wanted.
    public let expected: String
    /// What was found.
    public let found: String

    /// One line for people.
    public var description: String {
        "\(pointer.isEmpty ? "the document" : pointer): wanted \(expected), found \(found)"
    }
}
