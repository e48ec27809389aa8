import SignalboxCore
import Testing
import Wire

@Suite("Records")
struct TFRecordFramesTests {
    private func read(_ bytes: [UInt8], chunk: Int = 7, bytesMax: Int = 1 << 10) -> [TFRecordFrames.Output] {
        var frames = TFRecordFrames(recordBytesMax: bytesMax)
        var output: [TFRecordFrames.Output] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            Array(bytes[start..<min(start + chunk, bytes.count)]).withUnsafeBytes { frames.add($0, into: &output) }
        }
        frames.finish(into: &output)
        return output
    }

    private static let contents: [[UInt8]] = [Array("hello".utf8), [], [UInt8](repeating: 7, count: 300)]
    private static let file = contents.flatMap(TFRecordFrames.frame)

    /// As TensorFlow 2.16 wrote `tf.io.TFRecordWriter.write(b"hello")`.
    @Test("have TensorFlow's checksums")
    func golden() {
        let header: [UInt8] = [5, 0, 0, 0, 0, 0, 0, 0]
        #expect(TFRecordFrames.frame(Array("hello".utf8)).starts(with: header))
        #expect(TFRecordFrames.mask(CRC32C.checksum(of: [])) == 0xA282_EAD8)
        // The empty message of TensorBoard's tests: a length of 0 has the masked checksum 0x07980329.
        #expect(Array(TFRecordFrames.frame([])[8..<12]) == [0x29, 0x03, 0x98, 0x07])
    }

    @Test("come out whole, however they are cut", arguments: 1...40)
    func whole(chunk: Int) {
        let output = read(Self.file, chunk: chunk)
        let offsets: [Int64] = [12, 33, 49]
        #expect(output == (0..<3).map { .record(Self.contents[$0], number: $0 + 1, offset: offsets[$0]) })
    }

    @Test("are refused for every flipped bit, in the field where it is")
    func flipped() {
        let frame = TFRecordFrames.frame(Array("hello".utf8))
        for bit in 0..<frame.count * 8 {
            var bytes = frame
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let code: EpisodeFinding.Code = bit / 8 < 12 ? .recordLengthChecksum : .recordDataChecksum
            let output = read(frame + bytes + frame)
            guard output.count > 1, case .fault(let found, let number, let offset, _) = output[1] else {
                Issue.record("bit \(bit): \(output)")
                continue
            }
            #expect(found == code && number == 2, "bit \(bit)")
            #expect(offset == Int64(frame.count) + (code == .recordLengthChecksum ? 0 : 12))
            // Where the length is known the next record is found.
            #expect(output.count == (code == .recordLengthChecksum ? 2 : 3))
        }
    }

    @Test("that are cut short say where the file ends")
    func truncated() {
        let frame = TFRecordFrames.frame(Array("hello".utf8))
        for count in 1..<frame.count {
            let output = read(frame + frame.prefix(count))
            guard output.count == 2, case .fault(.recordTruncated, 2, let offset, _) = output[1] else {
                Issue.record("\(count): \(output)")
                continue
            }
            #expect(offset == Int64(frame.count + count))
        }
    }

    @Test("are no longer than allowed, and nothing is held for those that are")
    func limit() {
        #expect(read(Self.file, bytesMax: 300).count == 3)
        guard case .fault(.recordLimit, 3, 37, _) = read(Self.file, bytesMax: 299).last else {
            Issue.record("\(read(Self.file, bytesMax: 299))")
            return
        }
    }
}
