import Testing
import Wire

/// A tar, as it is or as zstd, and the code with which it is refused; nil where it is taken.
struct TarCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: ArchiveError.Code?

    init(_ description: String, _ code: ArchiveError.Code?, raw bytes: [UInt8]) {
        testDescription = description
        self.bytes = bytes
        self.code = code
    }

    init(_ description: String, _ code: ArchiveError.Code?, _ members: [UInt8]...) {
        self.init(description, code, raw: Array(members.joined()) + TarBuilder.end)
    }

    private static let text = Array("content".utf8)

    private static func header(
        _ name: String = "a",
        type: Character = "0",
        _ change: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        TarBuilder.member(name, type == "5" ? [] : text, type: type, change: change)
    }

    static let kinds: [TarCase] =
        ["1", "2", "3", "4", "6", "7", "A", "D", "K", "M", "N", "S", "V", "X"].map { type in
            TarCase("type \(type)", .kind, TarBuilder.member("l", type: Character(type)), header { _ in })
        } + [
            TarCase("a type that nobody knows", .kind, header { _ in }, TarBuilder.member("l", type: "?")),
            TarCase("a file of an old packer", nil, header { $0[156] = 0 }),
            TarCase("a file with a link's target", .kind, TarBuilder.member("a", text, link: "b")),
            TarCase("a file with a directory's name", .kind, TarBuilder.member("a/", text)),
            TarCase("a directory with content", .directoryMismatch, TarBuilder.member("d/", text, type: "5")),
            TarCase("a sparse file by pax", .kind, TarBuilder.pax([("GNU.sparse.size", "7")]), header { _ in }),
            TarCase(
                "a sparse file by its size",
                .kind,
                TarBuilder.pax([("GNU.sparse.realsize", "9")]),
                header { _ in }
            ),
            TarCase("a link by pax", .kind, TarBuilder.pax([("linkpath", "b")]), header { _ in }),
        ]

    static let names: [TarCase] =
        ["/a", "../a", "a/../b", "./a", "a//b", "a\\b", "C:/a", "a\nb", "a\u{7F}", ".", "..", "..."].flatMap { name in
            [
                TarCase("name \(name.debugDescription)", .pathUnsafe, TarBuilder.member(name, text)),
                TarCase(
                    "name \(name.debugDescription) by pax",
                    .pathUnsafe,
                    TarBuilder.pax([("path", name)]),
                    TarBuilder.member("a", text)
                ),
                TarCase(
                    "name \(name.debugDescription) by GNU tar",
                    .pathUnsafe,
                    TarBuilder.member("././@LongLink", Array(name.utf8) + [0], type: "L"),
                    TarBuilder.member("a", text)
                ),
            ]
        } + [
            TarCase("an empty name", .pathUnsafe, TarBuilder.member("", text)),
            TarCase("bytes behind a name's end", .pathUnsafe, header { $0[3] = 0x62 }),
            TarCase("NUL in a name by pax", .pathUnsafe, TarBuilder.pax([("path", "a\0b")]), header { _ in }),
            TarCase(
                "NUL in a name by GNU tar",
                .pathUnsafe,
                TarBuilder.member("L", Array("a\0b\0".utf8), type: "L"),
                header { _ in }
            ),
            TarCase("bytes that are not UTF-8", .pathUnsafe, header { $0[0] = 0xFF }),
            TarCase(
                "a name in another character set",
                .pathUnsafe,
                TarBuilder.pax([("hdrcharset", "BINARY")]),
                header { _ in }
            ),
            TarCase("a prefix", nil, header { TarBuilder.put("folder", at: 345, in: &$0) }),
            TarCase("a prefix that climbs out", .pathUnsafe, header { TarBuilder.put("..", at: 345, in: &$0) }),
            TarCase("a long name by pax", nil, TarBuilder.pax([("path", long(1000))]), header { _ in }),
            TarCase("a long name by GNU tar", nil, longLink(1000), header { _ in }),
            TarCase("a name too long by pax", .pathLimit, TarBuilder.pax([("path", long(1025))]), header { _ in }),
            TarCase("a name too long by GNU tar", .pathLimit, longLink(1025), header { _ in }),
            TarCase("64 KiB of name by pax", .pathLimit, TarBuilder.pax([("path", long(1 << 16))]), header { _ in }),
            TarCase("64 KiB of name by GNU tar", .pathLimit, longLink(1 << 16), header { _ in }),
            TarCase("500 KiB of name", .bytesLimit, longLink(500 << 10), header { _ in }),
            TarCase("one name twice", .duplicate, header { _ in }, header { _ in }),
            TarCase("names that differ by case", .duplicate, TarBuilder.member("x/a"), TarBuilder.member("X/a")),
            TarCase("names that differ by form", .duplicate, TarBuilder.member("é"), TarBuilder.member("e\u{301}")),
            TarCase("a file that is a directory too", .duplicate, TarBuilder.member("a"), TarBuilder.member("a/b")),
        ]

    static func long(_ count: Int) -> String { String(repeating: "n", count: count) }

    private static func longLink(_ count: Int) -> [UInt8] {
        TarBuilder.member("././@LongLink", Array(long(count).utf8) + [0], type: "L")
    }

    static let headers: [TarCase] = [
        TarCase(
            "two names by pax",
            .directoryMismatch,
            TarBuilder.pax([("path", "b"), ("path", "c")]),
            header { _ in }
        ),
        TarCase(
            "a name by pax and one by GNU tar",
            .directoryMismatch,
            TarBuilder.pax([("path", "b")]),
            longLink(9),
            header { _ in }
        ),
        TarCase("two names by GNU tar", .directoryMismatch, longLink(8), longLink(9), header { _ in }),
        TarCase(
            "two extended headers",
            .directoryMismatch,
            TarBuilder.pax([("mtime", "1")]),
            TarBuilder.pax([("mtime", "2")]),
            header { _ in }
        ),
        TarCase("a size by pax that is another", .directoryMismatch, TarBuilder.pax([("size", "3")]), header { _ in }),
        TarCase("a size by pax that is the same", nil, TarBuilder.pax([("size", "7")]), header { _ in }),
        TarCase("a size by pax that is no number", .malformed, TarBuilder.pax([("size", "-7")]), header { _ in }),
        TarCase("times by pax", nil, TarBuilder.pax([("mtime", "1.5"), ("comment", "x")]), header { _ in }),
        TarCase(
            "a comment for all",
            nil,
            TarBuilder.pax([("comment", "0123456789abcdef")], type: "g"),
            header { _ in }
        ),
        TarCase(
            "a name for all",
            .directoryMismatch,
            TarBuilder.pax([("path", "b")], type: "g"),
            header { _ in }
        ),
        TarCase("a size for all", .directoryMismatch, TarBuilder.pax([("size", "1")], type: "g"), header { _ in }),
        TarCase(
            "a record longer than its header",
            .malformed,
            TarBuilder.member("x", Array("99 path=b\n".utf8), type: "x"),
            header { _ in }
        ),
        TarCase(
            "a record without length",
            .malformed,
            TarBuilder.member("x", Array("path=b\n".utf8), type: "x"),
            header { _ in }
        ),
        TarCase("a size with letters", .malformed, header { TarBuilder.put("0000000000z", at: 124, in: &$0) }),
        TarCase(
            "a size of 64 bits",
            nil,
            header { $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0, count: 10) + [7]) }
        ),
        TarCase(
            "a negative size",
            .malformed,
            header { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xFF, count: 12)) }
        ),
        TarCase(
            "a size beyond the limits",
            .bytesLimit,
            header { $0.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]) }
        ),
        TarCase(
            "a second header of the oldest form",
            .malformed,
            header { _ in },
            header("b") { TarBuilder.put("xxxxx", at: 257, in: &$0) }
        ),
        TarCase("a wrong checksum", .malformed, raw: header { _ in } + flipped(header("b") { _ in }) + TarBuilder.end),
        TarCase("bytes behind a member's content", .trailingData, TarBuilder.member("a", text, padding: 1)),
        TarCase(
            "bytes between a member and the next",
            .trailingData,
            TarBuilder.member("a", text, padding: 1),
            header("b") { _ in }
        ),
    ]

    private static func flipped(_ header: [UInt8]) -> [UInt8] {
        var header = header
        header[148] ^= 1
        return header
    }
}

@Suite struct ArchiveTarAmbiguityTests {
    @Test(arguments: TarCase.kinds + TarCase.names + TarCase.headers)
    func whatReadsInTwoWaysIsRefused(_ row: TarCase) async throws {
        #expect(try await refusal(of: row.bytes) == row.code)
        #expect(try await refusal(of: row.bytes, chunkBytes: 97) == row.code)
        #expect(try await refusal(of: TarBuilder.zstd(row.bytes)) == row.code)
    }

    private static let one = TarBuilder.member("a", Array("content".utf8))

    static let ends: [TarCase] = [
        TarCase("one block of zeros, then a member", .trailingData, raw: one + zeros(512) + one + TarBuilder.end),
        TarCase("one block of zeros at the end", .malformed, raw: one + zeros(512)),
        TarCase("no end", .malformed, raw: one),
        TarCase("a second tar", .trailingData, raw: one + TarBuilder.end + one + TarBuilder.end),
        TarCase("zeros and a byte", .trailingData, raw: one + TarBuilder.end + zeros(10_240) + [1]),
        TarCase("many zeros", nil, raw: one + TarBuilder.end + zeros(1 << 20)),
        TarCase("more zeros than a record can have", .trailingData, raw: one + TarBuilder.end + zeros(17 << 20)),
        TarCase("cut in a header", .malformed, raw: Array(one.prefix(300))),
        TarCase("cut in a member", .malformed, raw: Array((one + one).prefix(516))),
    ]

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test(arguments: ends)
    func aTarEndsOnce(_ row: TarCase) async throws {
        #expect(try await refusal(of: row.bytes) == row.code)
    }

    private static let tar = one + TarBuilder.end
    private static let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 7]

    static let frames: [TarCase] = [
        TarCase("two frames", nil, raw: TarBuilder.zstd(tar)),
        TarCase("an empty frame between", nil, raw: TarBuilder.zstd(one) + empty + TarBuilder.zstd(TarBuilder.end)),
        TarCase("a skippable frame in front", .trailingData, raw: skippable + TarBuilder.zstd(tar)),
        TarCase(
            "a skippable frame between",
            .trailingData,
            raw: TarBuilder.zstd(one) + skippable + TarBuilder.zstd(TarBuilder.end)
        ),
        TarCase("a skippable frame behind", .trailingData, raw: TarBuilder.zstd(tar) + skippable),
        TarCase("a frame of another format behind", .trailingData, raw: TarBuilder.zstd(tar) + [0x1F, 0x8B, 8, 0]),
        TarCase(
            "a dictionary",
            .compressionUnsupported,
            raw: [0x28, 0xB5, 0x2F, 0xFD, 0x03, 0x40, 7, 0, 0, 0, 1, 0, 0]
        ),
        TarCase("a reserved bit", .compressionUnsupported, raw: [0x28, 0xB5, 0x2F, 0xFD, 0x08, 0x40, 1, 0, 0]),
        TarCase("a window of 2 GiB", .compressionUnsupported, raw: TarBuilder.zstd(tar, window: 21 << 3)),
        TarCase("a window of 3.75 TiB", .compressionUnsupported, raw: TarBuilder.zstd(tar, window: 0xFF)),
        TarCase(
            "a content of 2 GiB in one segment",
            .compressionUnsupported,
            raw: [0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0, 0x80, 1, 0, 0]
        ),
        TarCase("a block of the reserved type", .malformed, raw: [0x28, 0xB5, 0x2F, 0xFD, 0, 0x40, 0x07, 0, 0]),
        TarCase(
            "a wrong checksum",
            .malformed,
            raw: [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x40] + raw(tar) + [1, 2, 3, 4]
        ),
        TarCase("a content size that lies", .malformed, raw: [0x28, 0xB5, 0x2F, 0xFD, 0x40, 0x40, 0, 0] + raw(tar)),
        TarCase("zstd in zstd", .malformed, raw: TarBuilder.zstd(TarBuilder.zstd(tar))),
        TarCase("a zip in zstd", .malformed, raw: TarBuilder.zstd(ZipBuilder([.init("a")]).build())),
        TarCase("nothing in zstd", .malformed, raw: empty),
    ]

    private static let empty: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x40, 1, 0, 0]

    private static func raw(_ content: [UInt8]) -> [UInt8] {
        littleEndian([(UInt64(content.count << 3 | 1), 3)]) + content
    }

    @Test(arguments: frames)
    func zstdIsReadStrictly(_ row: TarCase) async throws {
        #expect(try await refusal(of: row.bytes) == row.code)
        #expect(try await refusal(of: row.bytes, chunkBytes: 3) == row.code)
    }
}
