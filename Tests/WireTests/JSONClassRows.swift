import Wire

/// Rows by class, most of them made and not written out: every byte that must not stand in a place, every way to cut a
/// sequence short. Together with `JSONStrictnessTests` they cover each class of JSONTestSuite.
enum JSONClassRows {
    static let refused =
        nesting + numbers + escapes + surrogates + controls + utf8 + structure + members + spaces + literals

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static let nesting: [JSONRow] = [
        .no("nesting_129_arrays", repeated("[", 129) + repeated("]", 129), .tooDeep, 129),
        .no("nesting_129_objects", repeated(#"{"a":"#, 129) + "1" + repeated("}", 129), .tooDeep, 128 * 5 + 1),
        .no("nesting_mixed", repeated(#"[{"a":"#, 65), .tooDeep, 64 * 6 + 1),
        .no("nesting_100000_opening_arrays", repeated("[", 100_000), .tooDeep, 129),
        .no("nesting_open_array_object", repeated(#"[{"":"#, 50_000), .tooDeep, 64 * 5 + 1),
        .no("nesting_128_unclosed", repeated("[", 128), .unexpectedEnd, 129),
        .no("nesting_closed_too_often", repeated("[", 3) + repeated("]", 4), .trailingData, 7),
        .no("nesting_crossed", "[{]}", .unexpectedByte, 3),
        .no("nesting_crossed_the_other_way", #"{"a":[}]"#, .unexpectedByte, 7),
    ]

    private static let numbers: [JSONRow] =
        [
            ("00", .invalidNumber, 2), ("-00", .invalidNumber, 3), ("01.5", .invalidNumber, 2),
            ("0123", .invalidNumber, 2),
            ("-01", .invalidNumber, 3), ("--1", .invalidNumber, 2), ("+0", .unexpectedByte, 1),
            ("++1", .unexpectedByte, 1),
            ("-.5", .invalidNumber, 2), (".1", .unexpectedByte, 1), ("1.e1", .invalidNumber, 3),
            ("0.", .unexpectedEnd, 3),
            ("1.5.", .trailingData, 4), ("1..5", .invalidNumber, 3), ("1e", .unexpectedEnd, 3),
            ("1E", .unexpectedEnd, 3),
            ("1e-", .unexpectedEnd, 4), ("1e+", .unexpectedEnd, 4), ("1e+-2", .invalidNumber, 4),
            ("1ee2", .invalidNumber, 3),
            ("1e1.5", .trailingData, 4), ("1e 1", .invalidNumber, 3), ("1 000", .trailingData, 3),
            ("1,000", .trailingData, 2),
            ("1_000", .trailingData, 2), ("0x42", .trailingData, 2), ("0X42", .trailingData, 2),
            ("0b1", .trailingData, 2),
            ("0o7", .trailingData, 2), ("1f", .trailingData, 2), ("1n", .trailingData, 2), ("1e1e1", .trailingData, 4),
            ("- 1", .invalidNumber, 2), ("-", .unexpectedEnd, 2), ("-e1", .invalidNumber, 2),
            ("e1", .unexpectedByte, 1),
            ("-a", .invalidNumber, 2), ("NaN", .unexpectedByte, 1), ("-NaN", .invalidNumber, 2),
            ("nan", .unexpectedByte, 2),
            ("Infinity", .unexpectedByte, 1), ("-Infinity", .invalidNumber, 2), ("inf", .unexpectedByte, 1),
            ("1/2", .trailingData, 2), ("1+2", .trailingData, 2), ("1-2", .trailingData, 2),
            ("2.e+3", .invalidNumber, 3),
            ("0e", .unexpectedEnd, 3), ("0.e1", .invalidNumber, 3), ("\u{FF11}", .invalidUTF8, 1),
            ("1\u{0}", .trailingData, 2),
            ("123\u{0}", .trailingData, 4), ("9223372036854775808", .numberOutOfRange, 1),
            ("-9223372036854775809", .numberOutOfRange, 1), ("18446744073709551616", .numberOutOfRange, 1),
            (repeated("9", 400), .numberOutOfRange, 1), ("-" + repeated("9", 400), .numberOutOfRange, 1),
            ("1e309", .numberOutOfRange, 1), ("-1e309", .numberOutOfRange, 1), ("1e999999999999", .numberOutOfRange, 1),
            ("0.4e006699999999999999999999999999999999999999999999", .numberOutOfRange, 1),
            ("1.7976931348623159e308", .numberOutOfRange, 1),
        ].map { (text, code: JSONParseError.Code, column) in
            .no("number_\(text.prefix(24).debugDescription)", text, code, column)
        }

    /// Each byte that may not follow a backslash.
    private static let escapes: [JSONRow] =
        (0..<0x80).filter { !#""\/bfnrtu"#.utf8.contains(UInt8($0)) }.map { byte in
            .raw("n_escape_\(byte)", [0x22, 0x5C, UInt8(byte), 0x22], .invalidEscape, 2)
        } + [
            .no("escape_end", #""\"#, .unexpectedEnd, 3), .no("escape_u_end", #""\u"#, .unexpectedEnd, 4),
            .no("escape_u_one_digit", #""\u0"#, .unexpectedEnd, 5),
            .no("escape_u_three_digits", #""\u004""#, .invalidEscape, 7),
            .no("escape_u_letter", #""\u00g0""#, .invalidEscape, 6),
            .no("escape_u_sign", #""\u+061""#, .invalidEscape, 4),
            .no("escape_u_space", #""\u 061""#, .invalidEscape, 4),
            .no("escape_u_braces", #""\u{61}""#, .invalidEscape, 4),
            .no("escape_u_multibyte", "\"\\u00é\"", .invalidEscape, 6),
            .no("escape_multibyte", "\"\\é\"", .invalidEscape, 2),
            .no("escape_outside", #"\u0061"#, .unexpectedByte, 1),
            .no("escape_outside_in_array", #"["a",\n]"#, .unexpectedByte, 6),
        ]

    private static let surrogates: [JSONRow] = [
        #""\uD800""#, #""\uDBFF""#, #""\uDC00""#, #""\uDFFF""#, #""\uD800x""#, #""\uD800\n""#, #""\uD800\u""#,
        #""\uD800\u0041""#, #""\uD800\uD800""#, #""\uD800\uE000""#, #""\uDC00\uD800""#, #""\udead""#,
        #""\uD800\uDBFF""#,
        #""\uD834\\uDD1E""#, #""\uD834 \uDD1E""#,
    ].map { text in
        // Half an escape behind a high surrogate is told of itself.
        text == #""\uD800\u""#
            ? .no("surrogate_\(text)", text, .invalidEscape, 10)
            : .no("surrogate_\(text)", text, .invalidEscape, 2)
    }

    private static let controls: [JSONRow] =
        (0..<0x20).map { .raw("n_control_in_string_\($0)", [0x22, 0x61, UInt8($0), 0x22], .controlCharacter, 3) }
        + (0..<0x20).map {
            .raw("n_control_in_name_\($0)", [0x7B, 0x22, UInt8($0), 0x22, 0x3A, 0x31, 0x7D], .controlCharacter, 3)
        }

    /// Every byte that starts no sequence, and sequences that are too long, too short, or out of range.
    private static let utf8: [JSONRow] =
        (Array(0x80...0xC1) + Array(0xF5...0xFF)).map {
            .raw("n_utf8_first_byte_\($0)", [0x22, UInt8($0), 0x80, 0x80, 0x80, 0x22], .invalidUTF8, 2)
        }
        + [
            [0xC2], [0xC2, 0x22], [0xC2, 0xC2], [0xDF, 0x7F], [0xE0, 0x9F, 0xBF], [0xE0, 0x80, 0x80], [0xE1, 0x80],
            [0xE1, 0x80, 0x22], [0xE1, 0x22, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x90], [0xF0, 0x90, 0x80], [0xF0, 0x90, 0x80, 0x22],
            [0xF1, 0x80, 0x80, 0xC0],
            [0xF4, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF], [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], [0xC0, 0x80],
        ].map { (bytes: [UInt8]) in
            .raw("n_utf8_\(Hex.encode(bytes))", [0x22] + bytes + [0x22], .invalidUTF8, 2)
        } + [
            .raw("n_utf8_outside", [0x5B, 0xC3, 0xA9, 0x5D], .invalidUTF8, 2),
            .raw("n_utf8_bom", [0xEF, 0xBB, 0xBF, 0x31], .invalidUTF8, 1),
            .raw("n_utf8_bom_alone", [0xEF, 0xBB, 0xBF], .invalidUTF8, 1),
            .raw("n_utf8_half_a_bom", [0xEF, 0xBB, 0x7B, 0x7D], .invalidUTF8, 1),
            .raw("n_utf16_big_endian", [0xFE, 0xFF, 0, 0x5B, 0, 0x5D], .invalidUTF8, 1),
            .raw("n_utf16_little_endian", [0xFF, 0xFE, 0x5B, 0, 0x5D, 0], .invalidUTF8, 1),
            .raw("n_utf16_without_mark", [0x5B, 0, 0x5D, 0], .unexpectedByte, 2),
            .raw("n_utf32", [0, 0, 0, 0x31], .unexpectedByte, 1),
        ]

    private static let structure: [JSONRow] = [
        .no("structure_comma_alone", ",", .unexpectedByte, 1), .no("structure_colon_alone", ":", .unexpectedByte, 1),
        .no("structure_close_alone", "]", .unexpectedByte, 1), .no("structure_brace_alone", "}", .unexpectedByte, 1),
        .no("structure_quote_alone", "\"", .unexpectedEnd, 2), .no("structure_apostrophe", "'", .unexpectedByte, 1),
        .no("structure_open_array", "[", .unexpectedEnd, 2), .no("structure_open_object", "{", .unexpectedEnd, 2),
        .no("structure_open_after_comma", "[1,", .unexpectedEnd, 4),
        .no("structure_comma_in_array", "[,]", .unexpectedByte, 2),
        .no("structure_trailing_comma", "[1,]", .unexpectedByte, 4),
        .no("structure_two_commas", "[1,,]", .unexpectedByte, 4),
        .no("structure_colon_in_array", "[1:2]", .unexpectedByte, 3),
        .no("structure_no_comma", "[1 2]", .unexpectedByte, 4),
        .no("structure_two_values", "1 2", .trailingData, 3), .no("structure_object_behind", "{}{}", .trailingData, 3),
        .no("structure_hash", "{}#", .trailingData, 3), .no("structure_semicolon", "[1;2]", .unexpectedByte, 3),
        .no("structure_comment_in_front", "/**/1", .unexpectedByte, 1),
        .no("structure_comment_inside", "[1/**/]", .unexpectedByte, 3),
        .no("structure_line_comment", "// x\n1", .unexpectedByte, 1),
        .no("structure_backtick", "`a`", .unexpectedByte, 1),
        .no("structure_parentheses", "(1)", .unexpectedByte, 1),
        .no("structure_ellipsis", "[1,...]", .unexpectedByte, 4),
        .no("structure_sequence_mark", "\u{1E}1", .unexpectedByte, 1),
        .no("structure_lines", "1\n2\n", .trailingData, 1, line: 2),
        .no("structure_angle", "[<null>]", .unexpectedByte, 2),
        .no("structure_unfinished_string", "[\"a", .unexpectedEnd, 4),
        .no("structure_escaped_end", #"["a\"]"#, .unexpectedEnd, 7),
        .no("structure_single_star", "*", .unexpectedByte, 1),
    ]

    private static let members: [JSONRow] = [
        .no("member_no_colon", #"{"a"}"#, .unexpectedByte, 5),
        .no("member_two_colons", #"{"a"::1}"#, .unexpectedByte, 6),
        .no("member_comma_for_colon", #"{"a",1}"#, .unexpectedByte, 5),
        .no("member_equals", #"{"a"=1}"#, .unexpectedByte, 5),
        .no("member_no_value", #"{"a":}"#, .unexpectedByte, 6), .no("member_no_name", "{:1}", .unexpectedByte, 2),
        .no("member_number_name", "{1:1}", .unexpectedByte, 2), .no("member_null_name", "{null:1}", .unexpectedByte, 2),
        .no("member_array_name", "{[]:1}", .unexpectedByte, 2), .no("member_bare_name", "{a:1}", .unexpectedByte, 2),
        .no("member_comma_alone", "{,}", .unexpectedByte, 2),
        .no("member_trailing_comma", #"{"a":1,}"#, .unexpectedByte, 8),
        .no("member_two_commas", #"{"a":1,,"b":2}"#, .unexpectedByte, 8),
        .no("member_no_comma", #"{"a":1 "b":2}"#, .unexpectedByte, 8),
        .no("member_value_alone", #"{"a":1,"b"}"#, .unexpectedByte, 11),
        .no("member_open", #"{"a":1"#, .unexpectedEnd, 7),
        .no("member_open_after_name", #"{"a""#, .unexpectedEnd, 5), .no("member_emoji_name", "{🇨🇭}", .invalidUTF8, 2),
        .no("member_twice", #"{"a":1,"a":1}"#, .duplicateKey, 8),
        .no("member_twice_apart", #"{"a":1,"b":2,"a":3}"#, .duplicateKey, 14),
        .no("member_twice_empty", #"{"":1,"":2}"#, .duplicateKey, 7),
        .no("member_twice_inside", #"[{"x":{"a":1,"a":2}}]"#, .duplicateKey, 14),
        .no("member_twice_by_escape", #"{"\u0061":1,"a":2}"#, .duplicateKey, 13),
        .no("member_twice_by_solidus", #"{"/":1,"\/":2}"#, .duplicateKey, 8),
        .no("member_twice_by_pair", #"{"\uD83D\uDE00":1,"😀":2}"#, .duplicateKey, 19),
        .no("member_null_in_name", #"{"\u0000":1}"#, .nullInKey, 3),
    ]

    /// White space that JSON does not know, in front and between.
    private static let spaces: [JSONRow] =
        [0x0B, 0x0C, 0x00, 0x08, 0x1C, 0x7F].flatMap { (byte: UInt8) -> [JSONRow] in
            [
                .raw("n_space_in_front_\(byte)", [byte, 0x31], .unexpectedByte, 1),
                .raw("n_space_between_\(byte)", [0x5B, byte, 0x5D], .unexpectedByte, 2),
                .raw("n_space_behind_\(byte)", [0x31, byte], .trailingData, 2),
            ]
        }
        + ["\u{A0}", "\u{85}", "\u{2028}", "\u{2060}", "\u{3000}", "\u{FEFF}"].map {
            .no("space_\(Hex.encode(Array($0.utf8)))", "[" + $0 + "]", .invalidUTF8, 2)
        }

    private static let literals: [JSONRow] = [
        .no("literal_True", "True", .unexpectedByte, 1), .no("literal_TRUE", "TRUE", .unexpectedByte, 1),
        .no("literal_tru", "tru", .unexpectedEnd, 4), .no("literal_truee", "truee", .trailingData, 5),
        .no("literal_fals", "[fals]", .unexpectedByte, 6), .no("literal_nul", "nul", .unexpectedEnd, 4),
        .no("literal_nulll", "[nulll]", .unexpectedByte, 6), .no("literal_undefined", "undefined", .unexpectedByte, 1),
        .no("literal_None", "None", .unexpectedByte, 1), .no("literal_two", "[true false]", .unexpectedByte, 7),
        .no("literal_nil", "nil", .unexpectedByte, 2), .no("literal_spaced", "t rue", .unexpectedByte, 2),
    ]

    static let accepted: [JSONRow] = [
        "0", "-0", "1", "-1", "10", "0.0", "-0.0", "0e0", "0E0", "0e-0", "0e+0", "1e5", "1E5", "1e-5", "1.5e+05",
        "1e00",
        "9223372036854775807", "-9223372036854775808", "1e308", "-1.7976931348623157e308", "5e-324", "1e-400",
        "-1e-999999",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000001", "123.456e78", "20e1",
        #""""#, #""a""#, #""\"\\\/\b\f\n\r\t""#, #""\u0061\u00E9\u00e9\u20AC""#, #""\uD834\uDD1E""#, #""\uDBFF\uDFFF""#,
        #""\uFFFF\uFDD0""#, #""\u0000""#, #""\u001f\u007f""#, "\"\u{7F}\"", "\"\u{80}\u{7FF}\u{800}\u{FFFD}\"",
        "\"\u{10000}\u{10FFFF}\u{D7FF}\u{E000}\"", "\"\u{FEFF}\u{2028}\u{2029}\"", "\"é e\u{301}\"", #""\\u0061""#,
        #""/*x*/""#,
        "[]", "[ ]", "[[]]", "[[],[]]", "[1]", "[1,2]", "[\n1\r,\t2 ]", "{}", "{ }", #"{"a":1}"#, #"{"a":1,"b":2}"#,
        #"{"":{"":{}}}"#, #"{"a":[{"a":1}]}"#, #"{"A":1,"a":2}"#, #"{"a":1,"a ":2}"#, "{\"\u{7F}\":1}", #"{"\n":1}"#,
        "true", "false", "null", " \t\r\n1 \t\r\n", "[null,true,false,0,\"\",[],{}]",
        String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
        "[" + String(repeating: "1,", count: 9999) + "1]", "\"" + String(repeating: "é", count: 5000) + "\"",
    ].enumerated().map { .yes("\($0)_\($1.prefix(40).debugDescription)", $1) }
}
