/// Why bytes are not acceptable JSON, and where.
public struct JSONParseError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The input ends inside a value, or holds none.
        case unexpectedEnd = "json_unexpected_end"
        /// A byte that the grammar does not allow here.
        case unexpectedByte = "json_unexpected_byte"
        /// Something other than white space behind the value.
        case trailingData = "json_trailing_data"
        /// An object names one member twice.
        case duplicateKey = "json_duplicate_key"
        /// Bytes that are not UTF-8 (RFC 3629: overlong forms and surrogates are not), or a byte order mark.
        case invalidUTF8 = "json_invalid_utf8"
        /// A raw control character inside a string.
        case controlCharacter = "json_control_character"
        /// An escape that JSON does not know, or half a surrogate pair.
        case invalidEscape = "json_invalid_escape"
        /// U+0000 in a member's name.
        case nullInKey = "json_null_in_key"
        /// A number whose form is not JSON's.
        case invalidNumber = "json_invalid_number"
        /// An integer beyond 64 bits or a number beyond a double.
        case numberOutOfRange = "json_number_out_of_range"
        /// Deeper than ``JSONLimits/depthMax``.
        case tooDeep = "json_too_deep"
        /// Longer than ``JSONLimits/bytesMax``.
        case tooLarge = "json_too_large"
    }

    /// The reason.
    public let code: Code
    /// The line of the offending byte, from 1.
    public let line: Int
    /// The column of the offending byte in bytes, from 1.
    public let column: Int

    /// One line for people.
    public var description: String { "\(code.rawValue) at line \(line), column \(column)" }
}

/// How much JSON is read from one source before it is refused.
public struct JSONLimits: Sendable {
    /// Bytes of the whole text.
    public var bytesMax: Int
    /// Levels of arrays and objects.
    public var depthMax: Int

    /// 64 MiB and 128 levels.
    public static let standard = JSONLimits(bytesMax: 64 << 20, depthMax: 128)

    /// Limits of one's own.
    public init(bytesMax: Int, depthMax: Int) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
    }
}
