import Testing
import Wire

/// A zip that is odd and has one meaning.
struct OddZip: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let names: [String]

    init(_ description: String, _ builder: ZipBuilder, _ names: [String] = ["a", "b"]) {
        testDescription = description
        bytes = builder.build()
        self.names = names
    }

    static func pair(_ description: String, _ change: (inout ZipBuilder) -> Void) -> OddZip {
        var builder = ZipBuilder([.init("a"), .init("b")])
        change(&builder)
        return OddZip(description, builder)
    }

    private static let sizes64 = littleEndian([(1, 2), (16, 2), (7, 8), (7, 8)])

    static let all: [OddZip] = [
        .pair("end records of 64 bits") { $0.end64 = ZipBuilder.End64() },
        .pair("end records of 64 bits beside full ones of 32") { $0.end64 = ZipBuilder.End64(isNeeded: false) },
        .pair("sizes of 64 bits") {
            $0.entries[0].localSizes = (.max, .max)
            $0.entries[0].localExtra = sizes64
            $0.entries[0].central.size = .max
            $0.entries[0].central.compressedSize = .max
            $0.entries[0].central.extra = sizes64
        },
        .pair("sizes of 64 bits that repeat those of 32") {
            $0.entries[1].localExtra = sizes64
            $0.entries[1].central.extra = sizes64
        },
        .pair("an offset of 64 bits") {
            $0.entries[0].central.offset = .max
            $0.entries[0].central.extra = littleEndian([(1, 2), (8, 2), (0, 8)])
        },
        .pair("the same name in field 0x7075") {
            $0.entries[0].localExtra = [0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, UInt8(ascii: "a")]
        },
        .pair("times and owners in extra fields") {
            $0.entries[0].localExtra = littleEndian([(0x5455, 2), (5, 2), (1, 1), (0, 4), (0x7875, 2), (0, 2)])
            $0.entries[0].central.extra = littleEndian([(0x5455, 2), (5, 2), (1, 1), (0, 4)])
        },
        .pair("a member's comment") { $0.entries[0].central.comment = Array("taken on Monday".utf8) },
        .pair("files by the modes of Unix and the attributes of MS-DOS") {
            $0.entries[0].attributes = 0o100644 << 16
            $0.entries[1].attributes = 0x20
            $0.entries[1].host = 0
        },
        .pair("an archive as a member's bytes") { $0.entries[0].content = ZipBuilder([.init("c")]).build() },
        .pair("an end record as a member's bytes") { $0.entries[1].content = ZipBuilder([]).build() },
        OddZip(
            "a directory by its mode",
            ZipBuilder("d/") {
                $0.content = []; $0.attributes = 0o040755 << 16 | 0x10
            },
            ["d"]
        ),
        OddZip(
            "names that are not one",
            ZipBuilder([.init("a.b"), .init("a b"), .init("ab"), .init(".a"), .init("..a")]),
            [
                "a.b", "a b", "ab", ".a", "..a",
            ]
        ),
        OddZip(
            "a deflated directory",
            ZipBuilder("d/") {
                $0.content = []; $0.attributes = 0x10
            },
            ["d"]
        ),
        OddZip(
            "a path as long as it may be",
            ZipBuilder(String(repeating: "n", count: 1024)) { _ in },
            [
                String(repeating: "n", count: 1024)
            ]
        ),
    ]
}

@Suite struct ArchiveZipAmbiguityTests {
    @Test(arguments: BadZip.ambiguous)
    func whatReadsInTwoWaysIsRefused(_ bad: BadZip) async throws {
        #expect(try await refusal(of: bad.bytes) == bad.code)
        #expect(try await refusal(of: bad.bytes, chunkBytes: 13) == bad.code)
    }

    @Test(arguments: OddZip.all)
    func whatReadsInOneWayIsTaken(_ odd: OddZip) async throws {
        for chunkBytes in [5, 1 << 20] {
            let stream = BytesStream(odd.bytes, chunkBytes: chunkBytes)
            let (visitor, _) = try await ArchiveReader.read(stream, visitor: CollectingVisitor())
            #expect(visitor.entries.map(\.member.path) == odd.names)
        }
    }

    @Test func everyCodeOfAnArchiveIsMet() {
        let elsewhere: Set<ArchiveError.Code> = [
            .membersLimit, .ratioLimit, .sizeMismatch, .digestMismatch, .fileUnreadable, .fileUnwritable, .resources,
        ]
        let met = Set((BadZip.names + BadZip.members + BadZip.structure + BadZip.ambiguous).map(\.code))
        #expect(met.union(elsewhere) == Set(ArchiveError.Code.allCases))
        #expect(met.isDisjoint(with: elsewhere))
    }
}
