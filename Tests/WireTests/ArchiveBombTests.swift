import Testing
import Wire

/// Archives that are small and mean to cost much: each is refused before it costs more than its limit.
@Suite struct ArchiveBombTests {
    /// Counts what it is given.
    private struct Count: ArchiveVisitor, Sendable {
        final class Tally: @unchecked Sendable {
            var bytes: Int64 = 0
            var members = 0
        }

        let tally: Tally
        mutating func begin(_ member: ArchiveMember) { tally.members += 1 }
        mutating func data(_ bytes: UnsafeRawBufferPointer) { tally.bytes += Int64(bytes.count) }
        mutating func end() {}
    }

    private func cost(
        _ archive: [UInt8],
        _ limits: ArchiveLimits = .standard
    ) async -> (code: ArchiveError.Code?, bytes: Int64, members: Int) {
        let tally = Count.Tally()
        do {
            _ = try await ArchiveReader.read(BytesStream(archive), limits: limits, visitor: Count(tally: tally))
            return (nil, tally.bytes, tally.members)
        } catch {
            return ((error as? ArchiveError)?.code, tally.bytes, tally.members)
        }
    }

    /// A member of zeros as deflate packs them.
    private func zeros(_ count: Int) throws -> ZipBuilder.Entry {
        let folder = try TemporaryFolder()
        let file = try folder.file("zeros", [UInt8](repeating: 0, count: count))
        let path = folder.path + "/zeros.zip"
        _ = try ArchiveWriter.writeZip([.init(path: "zeros", file: file)], to: path, compression: .deflate)
        let zip = try FileIO.read(path, bytesMax: 1 << 20)
        // A local header of 30 bytes with a name of 5, then the data, then a directory of 51 and an end of 22.
        var entry = ZipBuilder.Entry("zeros")
        entry.content = Array(zip[35..<zip.count - 73])
        entry.method = 8
        entry.localCRC = zip[14..<18].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        entry.localSizes = (UInt32(entry.content.count), UInt32(count))
        entry.central.crc = entry.localCRC
        entry.central.size = UInt32(count)
        return entry
    }

    @Test func oneMemberThatExpands() async throws {
        let bomb = ZipBuilder([try zeros(32 << 20)]).build()
        let cost = await cost(bomb)
        #expect(cost.code == .ratioLimit)
        #expect(cost.bytes <= ArchiveLimits.ratioFloorBytes + (1 << 20))
    }

    /// As 42.zip: each of many members is below what is judged alone, all together are not.
    @Test func manyMembersThatExpand() async throws {
        let entry = try zeros(1 << 20)
        let entries = (0..<64).map { index in
            var copy = entry
            copy.name = Array("zeros\(index)".utf8)
            return copy
        }
        let cost = await cost(ZipBuilder(entries).build())
        #expect(cost.code == .ratioLimit)
        #expect(cost.bytes <= ArchiveLimits.ratioFloorBytes + (1 << 20))
    }

    @Test func archivesWithinArchivesAreOnlyBytes() async throws {
        let inner = ZipBuilder([try zeros(32 << 20)]).build()
        let entries = (0..<16).map { index in
            var entry = ZipBuilder.Entry("bomb\(index).zip")
            entry.content = inner
            return entry
        }
        let outer = ZipBuilder(entries).build()
        let cost = await cost(outer)
        #expect(cost.code == nil)
        #expect(cost.bytes == Int64(16 * inner.count))
    }

    @Test func manyEmptyMembers() async throws {
        let entries = (0..<30_000).map { ZipBuilder.Entry("m\($0)", "") }
        let cost = await cost(ZipBuilder(entries).build())
        #expect(cost.code == .membersLimit)
        #expect(cost.members == ArchiveLimits.standard.membersMax)
        let folders = (0..<25_000).flatMap { TarBuilder.member("d\($0)/", type: "5") }
        #expect(await self.cost(folders + TarBuilder.end).code == .membersLimit)
    }

    /// Fifield, "A better zip bomb" (2019): many directory entries share one kernel of compressed data.
    @Test func overlappingMembers() async throws {
        var builder = ZipBuilder([try zeros(2 << 20)])
        let single = builder.build()
        let directory = Array(single[(single.count - 73)..<(single.count - 22)])
        builder.beforeEnd = Array(repeatElement(directory, count: 999).joined())
        builder.end.count = 1000
        let cost = await cost(builder.build())
        #expect(cost.code == .directoryMismatch)
        #expect(cost.bytes <= 2 << 20)
    }

    @Test func zerosInZstd() async throws {
        let head = TarBuilder.member("zeros") {
            TarBuilder.put(TarBuilder.octal(1 << 32, digits: 11), at: 124, in: &$0)
        }
        // 4 GiB of zeros in 128 KiB: 32,768 blocks of four bytes.
        let bomb = TarBuilder.zstd(head) + TarBuilder.zstdZeros(blocks: 32_768)
        let cost = await cost(bomb)
        #expect(cost.code == .ratioLimit)
        #expect(cost.bytes <= 64 << 20)
    }

    @Test func zerosBehindTheEndInZstd() async throws {
        let tar = TarBuilder.member("a", Array("content".utf8)) + TarBuilder.end
        #expect(await cost(TarBuilder.zstd(tar) + TarBuilder.zstdZeros(blocks: 32_768)).code == .ratioLimit)
        #expect(await cost(TarBuilder.zstd(tar) + TarBuilder.zstdZeros(blocks: 8)).code == nil)
    }

    @Test func headersWithoutEnd() async throws {
        let header = TarBuilder.pax([("comment", String(repeating: "x", count: 60_000))])
        let code = await cost(header + header + TarBuilder.member("a") + TarBuilder.end).code
        #expect(code == .directoryMismatch)
        let chain = Array(repeatElement(TarBuilder.pax([("comment", "x")], type: "g"), count: 1000).joined())
        #expect(await cost(chain + TarBuilder.member("a") + TarBuilder.end).code == .bytesLimit)
    }
}
