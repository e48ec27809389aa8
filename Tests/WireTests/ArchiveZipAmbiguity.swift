import Wire

/// What two readers of one zip may read in two ways: each class with the code that it must get.
extension BadZip {
    static let ambiguous = names64 + extraFields + kinds + encryption + zip64 + descriptors + ends + overlaps

    private static let utf8: UInt16 = 1 << 11

    /// An extra field of its content.
    private static func field(_ id: UInt16, _ content: [UInt8]) -> [UInt8] {
        littleEndian([(UInt64(id), 2), (UInt64(content.count), 2)]) + content
    }

    private static let names64: [BadZip] = [
        BadZip(name: String(repeating: "n", count: 0xFFFF), .pathLimit),
        BadZip(name: String(repeating: "n/", count: 32) + "n", .pathLimit),
        BadZip(name: "C:\\a"), BadZip(name: "c:a"), BadZip(name: "\\\\host\\share"), BadZip(name: "//host/share"),
        BadZip(name: ".."), BadZip(name: "."), BadZip(name: "a/."), BadZip(name: "a/../../b"), BadZip(name: "..."),
        BadZip(name: "a/. ./b"), BadZip(name: "a/ /b"), BadZip(name: "a/.. /b"), BadZip(name: "a\0"),
        BadZip(name: "\u{1B}[2Ja"), BadZip(name: "a\u{85}b", flags: utf8), BadZip(name: "a\u{2028}b", flags: utf8),
        BadZip(name: "a\u{202E}gpj.b", flags: utf8), BadZip(name: "a\u{2066}b", flags: utf8),
        BadZip("overlong UTF-8", .pathUnsafe) {
            $0.name = [0xC0, 0xAE, 0xC0, 0xAE, 0x2F, 0x61]; $0.flags = utf8
        },
        BadZip("an encoded surrogate", .pathUnsafe) {
            $0.name = [0xED, 0xA0, 0x80]; $0.flags = utf8
        },
        BadZip("Latin-1", .pathUnsafe) { $0.name = [0xE9] },
        pairOfNames("straße", "STRASSE"), pairOfNames("x/É", "x/e\u{301}"), pairOfNames("ﬁ", "fi"),
        pairOfNames("σ", "ς"), pairOfNames("a.", "a"), pairOfNames("a /b", "a/c"), pairOfNames("ab", "a\u{200B}b"),
        pairOfNames("K", "\u{212A}"), pairOfNames("a", "a/"), pairOfNames("a/b/c", "A/B"), pairOfNames("a/b/", "a/b/"),
        pairOfNames("a/", "A/b"),
    ]

    private static func pairOfNames(_ first: String, _ second: String) -> BadZip {
        let entries = [first, second].map { ZipBuilder.Entry($0, $0.hasSuffix("/") ? "" : "x", flags: utf8) }
        return BadZip("the names \(first) and \(second)", .duplicate, ZipBuilder(entries))
    }

    private static let extraFields: [BadZip] = [
        BadZip("another name in the directory's field 0x7075", .directoryMismatch) {
            $0.central.extra = field(0x7075, [1, 0, 0, 0, 0, UInt8(ascii: "b")])
        },
        BadZip("no name in field 0x7075", .directoryMismatch) { $0.localExtra = field(0x7075, [1, 0, 0]) },
        BadZip("a field longer than the fields", .malformed) { $0.localExtra = [9, 9, 2, 0, 0] },
        BadZip("half a field", .malformed) { $0.localExtra = [9, 9, 0] },
        BadZip("a directory's field longer than the fields", .malformed) { $0.central.extra = [9, 9, 9, 0, 0] },
        BadZip("a directory's field twice", .malformed) { $0.central.extra = field(9, []) + field(9, []) },
        BadZip("fields of 60,000 bytes", .bytesLimit) { $0.localExtra = field(9, Array(repeating: 0, count: 60_000)) },
    ]

    private static let kinds: [BadZip] = [
        BadZip("a link, said to come from MS-DOS", .kind) {
            $0.attributes = 0o120777 << 16; $0.host = 0
        },
        BadZip("a pipe", .kind) { $0.attributes = 0o010644 << 16 },
        BadZip("a socket", .kind) { $0.attributes = 0o140644 << 16 },
        BadZip("a block device", .kind) { $0.attributes = 0o060644 << 16 },
        BadZip("a directory's mode", .kind) { $0.attributes = 0o040755 << 16 },
        BadZip("a volume's label", .kind) { $0.attributes = 0x08 },
        BadZip("a directory that is a file by its mode", .kind) {
            $0.name = Array("d/".utf8); $0.content = []; $0.attributes = 0o100644 << 16
        },
        BadZip("a directory that is a link", .kind) {
            $0.name = Array("d/".utf8); $0.content = []; $0.attributes = 0o120777 << 16
        },
        BadZip("a directory with content", .directoryMismatch) { $0.name = Array("d/".utf8) },
        BadZip("the target of a link in field 0x000d", .kind) {
            $0.localExtra = field(0x000D, Array(repeating: 0, count: 12) + Array("/etc/passwd".utf8))
        },
        BadZip("a link by the mode in field 0x756e", .kind) {
            $0.localExtra = field(0x756E, [0, 0, 0, 0, 0xFF, 0xA1] + Array(repeating: 0, count: 8))
        },
        BadZip("the target of a link in field 0x756e", .kind) {
            $0.central.extra = field(0x756E, [0, 0, 0, 0, 0xA4, 0x81] + Array(repeating: 0, count: 8) + [0x61])
        },
        BadZip("a link by the attributes in field 0x6c78", .kind) {
            $0.localExtra = field(0x6C78, [4, 0, 0, 0xFF, 0xA1])
        },
        BadZip("a link by the attributes in field 0x6c65", .kind) {
            $0.localExtra = field(0x6C65, [7, 0, 3, 0, 0, 0, 0, 0xFF, 0xA1])
        },
    ]

    private static let encryption: [BadZip] = [
        BadZip("AES by its method", .encrypted) { $0.method = 99 },
        BadZip("AES by its field", .encrypted) { $0.localExtra = field(0x9901, [2, 0, 0x41, 0x45, 3, 8, 0]) },
        BadZip("AES in the directory only", .encrypted) {
            $0.central.extra = field(0x9901, [2, 0, 0x41, 0x45, 3, 8, 0])
        },
        BadZip("strong encryption by its field", .encrypted) {
            $0.localExtra = field(0x0017, [2, 0, 1, 0x66, 0, 1, 1, 0])
        },
        BadZip("traditional and strong", .encrypted) { $0.flags = 1 | 1 << 6 },
        .pair("an encrypted directory", .encrypted) { $0.beforeDirectory = littleEndian([(0x0806_4B50, 4), (0, 4)]) },
        BadZip("shrunk", .compressionUnsupported) { $0.method = 1 },
        BadZip("imploded", .compressionUnsupported) { $0.method = 6 },
        BadZip("deflate64", .compressionUnsupported) { $0.method = 9 },
        BadZip("lzma", .compressionUnsupported) { $0.method = 14 },
        BadZip("zstd", .compressionUnsupported) { $0.method = 93 },
        BadZip("xz", .compressionUnsupported) { $0.method = 95 },
        BadZip("ppmd", .compressionUnsupported) { $0.method = 98 },
        BadZip("no method there is", .compressionUnsupported) { $0.method = 0xFFFF },
    ]

    private static func sizes64(_ compressed: UInt64, _ plain: UInt64) -> [UInt8] {
        field(1, littleEndian([(plain, 8), (compressed, 8)]))
    }

    private static let zip64: [BadZip] = [
        BadZip("sizes of 64 bits beside others of 32", .directoryMismatch) { $0.localExtra = sizes64(8, 8) },
        BadZip("the same in the directory", .directoryMismatch) { $0.central.extra = sizes64(8, 8) },
        BadZip("another size of 64 bits in the directory", .directoryMismatch) {
            $0.central.size = .max; $0.central.extra = field(1, littleEndian([(8, 8)]))
        },
        BadZip("full fields without their extra field", .directoryMismatch) { $0.localSizes = (.max, .max) },
        BadZip("a full size in the directory without field", .directoryMismatch) { $0.central.size = .max },
        BadZip("a full offset without field", .directoryMismatch) { $0.central.offset = .max },
        BadZip("another offset of 64 bits", .directoryMismatch) {
            $0.central.offset = .max; $0.central.extra = field(1, littleEndian([(9, 8)]))
        },
        BadZip("a field cut short", .malformed) {
            $0.localSizes = (.max, .max); $0.localExtra = field(1, littleEndian([(7, 8), (7, 4)]))
        },
        BadZip("a size beyond 63 bits", .directoryMismatch) {
            $0.central.size = .max; $0.central.extra = field(1, littleEndian([(.max, 8)]))
        },
        BadZip("another disk", .directoryMismatch) {
            $0.central.extra = field(1, littleEndian([(7, 8), (7, 8), (0, 8), (1, 4)]))
        },
        BadZip("another disk in the directory", .malformed) { $0.central.disk = 1 },
        .end64("a wrong count") { $0.count = 1 },
        .end64("a wrong size") { $0.size = 1 },
        .end64("a wrong offset") { $0.offset = 1 },
        .end64("an offset beyond 63 bits") { $0.offset = .max },
        .end64("a locator that points elsewhere") { $0.locatorOffset = 0 },
        .end64("several disks") { $0.disks = 2 },
        .end64("no locator") { $0.hasLocator = false },
        .end64("a locator alone") { $0.hasRecord = false },
        .end64("a longer record") { $0.recordBytes = 56 },
        .end64("a wrong count where none is needed") {
            $0.isNeeded = false; $0.count = 1
        },
    ]

    private static func end64(_ description: String, _ change: (inout ZipBuilder.End64) -> Void) -> BadZip {
        var end = ZipBuilder.End64()
        change(&end)
        return .pair("in the end record of 64 bits, " + description, .directoryMismatch) { $0.end64 = end }
    }

    /// A stored member behind which a descriptor stands.
    private static func descriptor(
        _ description: String,
        _ code: ArchiveError.Code = .malformed,
        _ change: (inout [(UInt64, Int)]) -> Void
    ) -> BadZip {
        var numbers: [(UInt64, Int)] = [(0x0807_4B50, 4), (UInt64(crc32(Array("content".utf8))), 4), (7, 4), (7, 4)]
        change(&numbers)
        return BadZip("a descriptor with " + description, code) {
            $0.flags = 1 << 3
            $0.behind = littleEndian(numbers)
        }
    }

    private static let descriptors: [BadZip] = [
        descriptor("another checksum") { $0[1].0 ^= 1 },
        descriptor("another compressed size") { $0[2].0 += 1 },
        descriptor("another size") { $0[3].0 += 1 },
        descriptor("another signature") { $0[0].0 += 1 },
        descriptor("another size, without signature") {
            $0.removeFirst(); $0[2].0 += 1
        },
        descriptor("sizes of 64 bits that nothing announces") {
            $0[2].1 = 8; $0[3].1 = 8
        },
        descriptor("a byte too many", .trailingData) { $0.append((0, 1)) },
        BadZip("a descriptor that is not announced", .trailingData) {
            $0.behind = littleEndian([(0x0807_4B50, 4), (UInt64(crc32($0.content)), 4), (7, 4), (7, 4)])
        },
        BadZip("an announced descriptor that is missing", .malformed) { $0.flags = 1 << 3 },
        BadZip("a descriptor of 32 bits where 64 are announced", .malformed) {
            $0.flags = 1 << 3
            $0.localExtra = sizes64(7, 7)
            $0.behind = littleEndian([(0x0807_4B50, 4), (UInt64(crc32($0.content)), 4), (7, 4), (7, 4)])
        },
        BadZip("a descriptor that agrees with neither header", .directoryMismatch) {
            $0.flags = 1 << 3
            $0.localSizes = (8, 8)
            $0.behind = littleEndian([(0x0807_4B50, 4), (UInt64(crc32($0.content)), 4), (7, 4), (7, 4)])
        },
        BadZip("another checksum in the directory than in the descriptor", .directoryMismatch) {
            $0.flags = 1 << 3
            $0.hidesSizes = true
            $0.central.crc = 8
            $0.behind = littleEndian([(0x0807_4B50, 4), (UInt64(crc32($0.content)), 4), (7, 4), (7, 4)])
        },
        BadZip("another size in the directory than in the descriptor", .directoryMismatch) {
            $0.flags = 1 << 3
            $0.hidesSizes = true
            $0.central.compressedSize = 8
            $0.behind = littleEndian([(0x0807_4B50, 4), (UInt64(crc32($0.content)), 4), (7, 4), (7, 4)])
        },
        BadZip("a descriptor in the directory's flags only", .directoryMismatch) { $0.central.flags = 1 << 3 },
        BadZip("a wrong checksum in both headers", .malformed) {
            $0.localCRC = 8; $0.central.crc = 8
        },
    ]

    private static let ends: [BadZip] = [
        .pair("bytes in front", .trailingData) { $0.before = Array("#!/bin/sh\n".utf8) },
        .pair("40,000 bytes in front", .trailingData) { $0.before = Array(repeating: 0x4D, count: 40_000) },
        .pair("a whole zip in front", .severalEndRecords) { $0.before = ZipBuilder([.init("c")]).build() },
        .pair("an empty zip in front", .severalEndRecords) { $0.before = ZipBuilder([]).build() },
        .pair("the mark of a split zip", .malformed) { $0.before = [0x50, 0x4B, 0x07, 0x08] },
        .pair("an end record in a member's comment", .severalEndRecords) {
            $0.entries[0].central.comment = ZipBuilder([]).build()
        },
        .pair("an end record in the directory's extra field", .severalEndRecords) {
            $0.entries[1].central.extra = field(9, ZipBuilder([]).build())
        },
        .pair("a locator in a member's comment", .severalEndRecords) {
            $0.entries[0].central.comment = littleEndian([(0x0706_4B50, 4)])
        },
        .pair("a locator in the comment", .severalEndRecords) { $0.end.comment = littleEndian([(0x0706_4B50, 4)]) },
        .pair("a digital signature", .trailingData) { $0.beforeEnd = littleEndian([(0x0505_4B50, 4), (0, 2)]) },
        .pair("zeros behind the end", .trailingData) { $0.behind = Array(repeating: 0, count: 512) },
        .pair("half an end record behind", .severalEndRecords) { $0.behind = [0x50, 0x4B, 0x05, 0x06] },
        .pair("a count too large", .directoryMismatch) { $0.end.count = 3 },
        .pair("a count of none", .directoryMismatch) { $0.end.count = 0 },
        .pair("a full count that is none of 64 bits", .directoryMismatch) { $0.end.count = .max },
        .pair("an offset that something stands in front of", .directoryMismatch) { $0.end.offset = 0 },
    ]

    private static let overlaps: [BadZip] = [
        .pair("two entries for one member", .directoryMismatch) { $0.entries[1].central.offset = 0 },
        // Fifield, "A better zip bomb": the second local header is part of the first one's data.
        BadZip("overlapping members", .directoryMismatch) { entry in
            let inner = ZipBuilder([.init("inner", String(repeating: "0", count: 100))]).build()
            entry.content = Array(inner.prefix(135))
            entry.central.isTwice = true
        },
        .pair("a gap of zeros", .trailingData) { $0.entries[0].behind = Array(repeating: 0, count: 4096) },
        .pair("a member that the directory skips", .directoryMismatch) { $0.entries[1].central.isLeftOut = true },
        .pair("entries in an order that swaps names", .directoryMismatch) {
            $0.entries[0].central.name = [UInt8(ascii: "b")]
            $0.entries[1].central.name = [UInt8(ascii: "a")]
        },
    ]
}
