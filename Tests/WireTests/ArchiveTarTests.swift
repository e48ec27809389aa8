import Testing
import Wire

@Suite struct ArchiveTarTests {
    private let text = Array("{\"reward\":1}\n".utf8)

    private var tar: [UInt8] {
        TarBuilder.member("a/", type: "5") + TarBuilder.member("a/b.jsonl", text) + TarBuilder.member("ü", [1])
    }

    private func zstd(_ content: [UInt8], window: UInt8 = 0x40) -> [UInt8] { TarBuilder.zstd(content, window: window) }

    @Test(arguments: [1, 100, 512, 1 << 20])
    func membersComeThrough(chunkBytes: Int) async throws {
        let expected: [String: [UInt8]] = ["a": [], "a/b.jsonl": text, "ü": [1]]
        #expect(try await contents(of: tar + TarBuilder.end, chunkBytes: chunkBytes) == expected)
        #expect(try await contents(of: zstd(tar + TarBuilder.end), chunkBytes: chunkBytes) == expected)
    }

    @Test func realZstdComesThrough() async throws {
        let packed = try #require(Base64.decode(Self.realTarZstd))
        let found = try await contents(of: packed)
        #expect(found.keys.sorted() == ["ep0", "ep0/steps.jsonl"])
        #expect(found["ep0/steps.jsonl"]?.count == 21_000)
    }

    @Test func whatIsNoPlainFileIsRefused() async throws {
        for type in ["1", "2", "3", "4", "6"] {
            let archive = TarBuilder.member("l", type: Character(type), link: "a") + TarBuilder.end
            #expect(try await refusal(of: archive) == .kind, "type \(type)")
        }
    }

    @Test func namesAreChecked() async throws {
        for name in ["/a", "../a", "./a", "a//b", "a\\b"] {
            #expect(try await refusal(of: TarBuilder.member(name) + TarBuilder.end) == .pathUnsafe, "\(name)")
        }
        let twice = TarBuilder.member("a") + TarBuilder.member("A") + TarBuilder.end
        #expect(try await refusal(of: twice) == .duplicate)
    }

    @Test func bytesBehindTheEndAreRefused() async throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try await refusal(of: tar + TarBuilder.end + zeros) == nil)
        #expect(try await refusal(of: tar + TarBuilder.end + zeros + [1]) == .trailingData)
        #expect(try await refusal(of: tar + TarBuilder.end + tar + TarBuilder.end) == .trailingData)
        #expect(try await refusal(of: zstd(tar + TarBuilder.end + [1])) == .trailingData)
        #expect(try await refusal(of: zstd(tar + TarBuilder.end) + [1]) == .trailingData)
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 7]
        #expect(try await refusal(of: zstd(tar + TarBuilder.end) + skippable) == .trailingData)
    }

    @Test func cutArchivesAreRefused() async throws {
        let whole = tar + TarBuilder.end
        for count in stride(from: 0, to: whole.count, by: 64) {
            #expect(try await refusal(of: Array(whole.prefix(count))) == .malformed, "cut to \(count) bytes")
        }
        let packed = zstd(whole)
        for count in stride(from: 0, to: packed.count, by: 61) {
            #expect(try await refusal(of: Array(packed.prefix(count))) == .malformed, "cut to \(count) bytes")
        }
    }

    @Test func framesThatNeedMuchMemoryAreRefused() async throws {
        // Window descriptors of RFC 8878, section 3.1.1.1.2: 8 MiB, then one step more, then 128 MiB.
        #expect(try await refusal(of: zstd(tar + TarBuilder.end, window: 13 << 3)) == nil)
        #expect(try await refusal(of: zstd(tar + TarBuilder.end, window: 13 << 3 | 1)) == .compressionUnsupported)
        let second = zstd(tar) + zstd(TarBuilder.end, window: 17 << 3)
        #expect(try await refusal(of: second) == .compressionUnsupported)
    }

    @Test func aFrameWithADictionaryIsRefused() async throws {
        #expect(try await refusal(of: [0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x40, 7, 1, 0, 0]) == .compressionUnsupported)
    }

    /// A pax archive of one directory and 1000 lines, through `zstd -19`.
    private static let realTarZstd =
        "KLUv/QRobQMAkkQRGICrDlporifsaJwJzApHyt0UTyiJGY4uAwo8xgqBW+oFkaJE5vGSc6SM8Xe/TomyE9ULnK2/Mm92ow4pr8bX"
        + "1vg6fIEBDSAwLZDNAfTheBE+wjsDo/KOwEwfcA1zqQNqyocSDjgogPHk3ueLC2Y="
}
