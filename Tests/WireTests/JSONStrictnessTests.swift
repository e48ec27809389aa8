import Testing
import Wire

/// A row of JSONTestSuite (https://github.com/nst/JSONTestSuite): what must be taken, refused, or is ours to decide.
struct JSONRow: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let code: JSONParseError.Code?
    let line: Int
    let column: Int

    var testDescription: String { name }

    /// A text that has to be read.
    static func yes(_ name: String, _ text: String) -> JSONRow {
        JSONRow(name: "y_" + name, bytes: Array(text.utf8), code: nil, line: 0, column: 0)
    }

    /// A text that has to be refused, and where.
    static func no(_ name: String, _ text: String, _ code: JSONParseError.Code, _ column: Int, line: Int = 1) -> JSONRow
    {
        JSONRow(name: "n_" + name, bytes: Array(text.utf8), code: code, line: line, column: column)
    }

    /// Bytes that are no text.
    static func raw(_ name: String, _ bytes: [UInt8], _ code: JSONParseError.Code, _ column: Int) -> JSONRow {
        JSONRow(name: name, bytes: bytes, code: code, line: 1, column: column)
    }
}

@Suite struct JSONStrictnessTests {
    private static let accepted: [JSONRow] = [
        .yes("array_empty", "[]"), .yes("array_spaces", " [ ] "), .yes("array_heterogeneous", #"[null, 1, "1", {}]"#),
        .yes("number_0e+1", "[0e+1]"), .yes("number_negative_zero", "[-0]"), .yes("number_real_exponent", "[123e-45]"),
        .yes("number_int64_max", "[9223372036854775807]"), .yes("number_int64_min", "[-9223372036854775808]"),
        .yes("object_empty_key", #"{"":0}"#), .yes("object_escaped_null_in_value", #"{"a":"\u0000"}"#),
        .yes("object_newlines", "{\n\"a\":\r\n\t\"b\"\n}"),
        .yes("string_accepted_surrogate_pair", #"["\uD801\udc37"]"#),
        .yes("string_all_escapes", #"["\"\\\/\b\f\n\r\t\u00e9"]"#), .yes("string_del", "[\"\u{7F}\"]"),
        .yes("string_noncharacter", "[\"\u{10FFFF}\u{FFFF}\"]"), .yes("string_u+2028", "[\"\u{2028}\u{2029}\"]"),
        .yes("structure_lonely_int", "42"), .yes("structure_lonely_string", "\"asd\""),
        .yes("structure_lonely_null", "null"),
        .yes("structure_trailing_newline", "[\"a\"]\n"),
    ]

    private static let structure: [JSONRow] = [
        .no("structure_no_data", "", .unexpectedEnd, 1), .no("structure_space", " ", .unexpectedEnd, 2),
        .no("array_1_true_without_comma", "[1 true]", .unexpectedByte, 4),
        .no("array_comma_and_number", "[,1]", .unexpectedByte, 2),
        .no("array_double_comma", "[1,,2]", .unexpectedByte, 4),
        .no("array_extra_comma", #"["",]"#, .unexpectedByte, 5), .no("array_extra_close", #"["x"]]"#, .trailingData, 6),
        .no("array_unclosed", #"["""#, .unexpectedEnd, 4), .no("array_star_inside", "[*]", .unexpectedByte, 2),
        .no("array_newlines_unclosed", "[\"a\",\n4\n,1,", .unexpectedEnd, 4, line: 3),
        .no("object_bad_value", #"["x", truth]"#, .unexpectedByte, 10),
        .no("object_missing_colon", #"{"a" b}"#, .unexpectedByte, 6),
        .no("object_missing_value", #"{"a":"#, .unexpectedEnd, 6),
        .no("object_single_quote", "{'a':0}", .unexpectedByte, 2),
        .no("object_unquoted_key", "{a: 1}", .unexpectedByte, 2),
        .no("object_trailing_comma", #"{"id":0,}"#, .unexpectedByte, 9),
        .no("object_non_string_key", "{1:1}", .unexpectedByte, 2),
        .no("object_trailing_comment", #"{"a":"b"}/**/"#, .trailingData, 10),
        .no("structure_double_array", "[][]", .trailingData, 3), .no("structure_comment", "[1] // x", .trailingData, 5),
        .no("structure_capitalized_true", "[True]", .unexpectedByte, 2),
        .no("structure_incomplete_null", "[nul", .unexpectedEnd, 5),
        .no("structure_angle_bracket", "<null>", .unexpectedByte, 1),
        .no("structure_null_byte_outside", "[\u{0}]", .unexpectedByte, 2),
        .no("structure_form_feed", "[\u{0C}]", .unexpectedByte, 2),
        .no("structure_end_of_line", "{\n  \"a\": 1,\n  b\n}", .unexpectedByte, 3, line: 3),
        .no("object_duplicate_key", #"{"a":"b","a":"c"}"#, .duplicateKey, 10),
        .no("object_duplicate_key_escaped", #"{"a":1,"\u0061":2}"#, .duplicateKey, 8),
        .no("object_null_in_key", #"{"a\u0000b":1}"#, .nullInKey, 4),
    ]

    private static let numbers: [JSONRow] = [
        .no("number_01", "[012]", .invalidNumber, 3), .no("number_minus_01", "[-012]", .invalidNumber, 4),
        .no("number_plus", "[+1]", .unexpectedByte, 2), .no("number_minus_alone", "[-]", .invalidNumber, 3),
        .no("number_dot_first", "[.5]", .unexpectedByte, 2), .no("number_dot_last", "[1.]", .invalidNumber, 4),
        .no("number_dot_exponent", "[2.e3]", .invalidNumber, 4), .no("number_0e", "[0e]", .invalidNumber, 4),
        .no("number_e_plus", "[1e+]", .invalidNumber, 5), .no("number_hex", "[0x1]", .unexpectedByte, 3),
        .no("number_NaN", "[NaN]", .unexpectedByte, 2), .no("number_Infinity", "[Infinity]", .unexpectedByte, 2),
        .no("number_minus_Infinity", "[-Infinity]", .invalidNumber, 3),
        .no("number_letter_behind", "[1a]", .unexpectedByte, 3),
        .no("number_fullwidth_digit", "[\u{FF11}]", .invalidUTF8, 2), .no("number_unfinished", "-", .unexpectedEnd, 2),
        .no("number_int64_and_one", "[9223372036854775808]", .numberOutOfRange, 2),
        .no("number_minus_int64_and_two", "[-9223372036854775809]", .numberOutOfRange, 2),
        .no("number_huge_exponent", "[1e400]", .numberOutOfRange, 2),
    ]

    private static let strings: [JSONRow] = [
        .no("string_unclosed", "\"abc", .unexpectedEnd, 5), .no("string_single_quote", "['a']", .unexpectedByte, 2),
        .no("string_bad_escape", #"["\a"]"#, .invalidEscape, 3),
        .no("string_escape_x", #"["\x00"]"#, .invalidEscape, 3),
        .no("string_uppercase_u", #"["\U0061"]"#, .invalidEscape, 3),
        .no("string_incomplete_escape", #"["\"]"#, .unexpectedEnd, 6),
        .no("string_short_u", #"["\u00A"]"#, .invalidEscape, 8),
        .no("string_newline", "[\"a\nb\"]", .controlCharacter, 4),
        .no("string_tab", "[\"\t\"]", .controlCharacter, 3), .no("string_null", "[\"a\u{0}a\"]", .controlCharacter, 4),
        .no("string_high_surrogate_alone", #"["\uD800"]"#, .invalidEscape, 3),
        .no("string_low_surrogate_alone", #"["\uDC00"]"#, .invalidEscape, 3),
        .no("string_two_high_surrogates", #"["\uD800\uD800"]"#, .invalidEscape, 3),
        .raw("n_structure_bom", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], .invalidUTF8, 1),
        .raw("n_string_lone_continuation", [0x5B, 0x22, 0x80, 0x22, 0x5D], .invalidUTF8, 3),
        .raw("n_string_overlong_slash", [0x22, 0xC0, 0xAF, 0x22], .invalidUTF8, 2),
        .raw("n_string_overlong_three", [0x22, 0xE0, 0x80, 0xAF, 0x22], .invalidUTF8, 2),
        .raw("n_string_encoded_surrogate", [0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, 2),
        .raw("n_string_beyond_10ffff", [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, 2),
        .raw("n_string_cut_sequence", [0x22, 0x61, 0xE2, 0x82, 0x22], .invalidUTF8, 3),
        .raw("n_string_ff", [0x22, 0xFF, 0x22], .invalidUTF8, 2), .raw("n_structure_ff", [0xFF], .invalidUTF8, 1),
        .raw("n_key_invalid_utf8", [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 3),
    ]

    @Test(arguments: accepted + JSONClassRows.accepted)
    func validTextIsRead(_ row: JSONRow) throws {
        let value = try JSON(parsing: row.bytes)
        #expect(try JSON(parsing: value.bytes) == value)
    }

    @Test(arguments: structure + numbers + strings + JSONClassRows.refused)
    func invalidTextIsRefusedWithItsPlace(_ row: JSONRow) throws {
        let error = #expect(throws: JSONParseError.self) { try JSON(parsing: row.bytes) }
        #expect(error?.code == row.code)
        #expect(error?.line == row.line)
        #expect(error?.column == row.column)
    }

    /// Names are compared in three ways: plain ones where they stand, many, and those with escapes or beyond ASCII.
    private static let many = (0..<40).map { "\"name\($0)\":\($0)" }.joined(separator: ",")

    @Test(
        arguments: [
            "{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"K\":1,\"\u{212A}\":2}", "{\"\u{212A}\":1,\"K\":2}",
            #"{"\u212a":1,"b":2,"K":3}"#, #"{"a":1,"b":2,"\u0061":3}"#, "{\(many),\"name3\":1}",
            "{\"first\":1,\(many),\"first\":1}", "{\(many),\"\\u006eame39\":1}", #"{"é":1,"a":2,"a":3}"#,
        ]
    )
    func namesThatLookTheSameAreOne(_ text: String) throws {
        let error = #expect(throws: JSONParseError.self) { try JSON(parsing: text) }
        #expect(error?.code == .duplicateKey)
    }

    @Test func manyNamesOfAllKindsAreRead() throws {
        let json = try JSON(parsing: #"{\#(Self.many),"é":1,"\u0041":2,"a":{"a":3,"name1":4}}"#)
        guard case .object(let members) = json else {
            Issue.record("no object")
            return
        }
        #expect(members.count == 43 && json["name39"] == 39 && json["A"] == 2 && json["a"]?["name1"] == 4)
    }

    @Test(arguments: [(200, "e99", true), (300, "", true), (308, "", true), (310, "", false), (200, "e+110", false)])
    func longNumbersAreWeighed(_ digits: Int, _ exponent: String, _ isInRange: Bool) {
        let text = String(repeating: "9", count: digits) + ".5" + exponent
        if isInRange {
            #expect(throws: Never.self) { try JSON(parsing: text) }
        } else {
            let error = #expect(throws: JSONParseError.self) { try JSON(parsing: text) }
            #expect(error?.code == .numberOutOfRange)
        }
    }

    @Test func allClassesAreThere() {
        let refused = Self.structure + Self.numbers + Self.strings + JSONClassRows.refused
        #expect(refused.count + Self.accepted.count + JSONClassRows.accepted.count >= 500)
        // What has a test of its own: the length of the text.
        #expect(Set(refused.compactMap(\.code)) == Set(JSONParseError.Code.allCases).subtracting([.tooLarge]))
    }

    @Test func limitsAreInclusive() throws {
        let limits = JSONLimits(bytesMax: 8, depthMax: 3)
        #expect(try JSON(parsing: "[[[]]]", limits: limits) == [[[]]])
        #expect(try JSON(parsing: "[[[1]]] ", limits: limits) == [[[1]]])
        let deep = #expect(throws: JSONParseError.self) { try JSON(parsing: "[[[[]]]]", limits: limits) }
        #expect(deep?.code == .tooDeep)
        let long = #expect(throws: JSONParseError.self) { try JSON(parsing: "[[[1]]]  ", limits: limits) }
        #expect(long?.code == .tooLarge)
        let hundred = String(repeating: "[", count: 100_000)
        let endless = #expect(throws: JSONParseError.self) { try JSON(parsing: hundred) }
        #expect(endless?.code == .tooDeep)
    }
}
