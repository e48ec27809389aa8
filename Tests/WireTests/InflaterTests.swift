import Foundation
import Testing
import Wire

@Suite struct InflaterTests {
    private static let fixture =
        #filePath.components(separatedBy: "/Tests/")[0] + "/Tests/Fixtures/records/reach.tfrecord"

    /// What gzip itself makes of zeros.
    private static func zeros(_ count: Int) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "head -c \(count) /dev/zero | gzip -9"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Array(bytes)
    }

    private func unpack(_ bytes: [UInt8], chunk: Int, bytesMax: Int64 = 1 << 30, ratioMax: Int64 = 200) throws
        -> [UInt8]
    {
        let inflater = try Inflater(bytesMax: bytesMax, ratioMax: ratioMax)
        var unpacked: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try Array(bytes[start..<min(start + chunk, bytes.count)]).withUnsafeBytes {
                try inflater.inflate($0) { unpacked += $0 }
            }
        }
        try inflater.finish()
        return unpacked
    }

    @Test(arguments: [1, 100, 1 << 20]) func unpacksWhatGzipPacked(chunk: Int) throws {
        let packed = try FileIO.read(Self.fixture + ".gz", bytesMax: 1 << 20)
        let content = try FileIO.read(Self.fixture, bytesMax: 1 << 20)
        #expect(try unpack(packed, chunk: chunk) == content)
        #expect(try unpack(packed + packed, chunk: chunk) == content + content)
    }

    @Test func refusesWhatIsCutOrDamaged() throws {
        let packed = try FileIO.read(Self.fixture + ".gz", bytesMax: 1 << 20)
        let bad = [
            [], Array(packed.dropLast()), Array(packed.prefix(5)), packed + [0], packed + packed.prefix(20),
            packed.enumerated().map { $0 == packed.count / 2 ? $1 ^ 1 : $1 },
            packed.enumerated().map { $0 == packed.count - 1 ? $1 ^ 1 : $1 },
        ]
        for bytes in bad {
            let error = #expect(throws: ArchiveError.self) { try unpack(bytes, chunk: 1000) }
            #expect(error?.code == .malformed)
        }
    }

    @Test func aBombCostsNoMoreThanItsLimit() throws {
        let bomb = try Self.zeros(32 << 20)
        var error = #expect(throws: ArchiveError.self) { try unpack(bomb, chunk: 1 << 20) }
        #expect(error?.code == .ratioLimit)
        error = #expect(throws: ArchiveError.self) { try unpack(bomb, chunk: 1 << 20, bytesMax: 1 << 20) }
        #expect(error?.code == .bytesLimit)
        #expect(try unpack(bomb, chunk: 1 << 20, ratioMax: 2000).count == 32 << 20)
        #expect(try unpack(Self.zeros(4 << 20), chunk: 1 << 20).count == 4 << 20)
    }
}
