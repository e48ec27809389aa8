import SignalboxCore
import Wire

extension FuzzTarget {
    /// TFRecord files: the same records and faults however the bytes are cut; what comes out, framed again, comes out.
    static let tfRecord = FuzzTarget(name: "tfrecord") { bytes in
        let whole = frames(bytes, chunkBytes: max(1, bytes.count))
        require(whole == frames(bytes, chunkBytes: 1 + bytes.count % 13), "chunks change what is read: \(whole)")
        for case .record(let content, _, _) in whole {
            let again = frames(TFRecordFrames.frame(content), chunkBytes: 1 << 16)
            let offset = Int64(TFRecordFrames.headerBytes)
            require(
                again == [.record(content, number: 1, offset: offset)],
                "a record changes when it is framed: \(again)"
            )
            read(content)
        }
    }

    private static func frames(_ bytes: [UInt8], chunkBytes: Int) -> [TFRecordFrames.Output] {
        var frames = TFRecordFrames(recordBytesMax: 1 << 16)
        var output: [TFRecordFrames.Output] = []
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, to: raw.count, by: chunkBytes) {
                let chunk = raw[start..<min(start + chunkBytes, raw.count)]
                frames.add(UnsafeRawBufferPointer(rebasing: chunk), into: &output)
            }
        }
        frames.finish(into: &output)
        return output
    }

    /// Every list of an Example is read by every type that may ask for it.
    private static func read(_ bytes: [UInt8]) {
        guard let example = try? TFExample(parsing: bytes) else { return }
        require(example.features.count <= TFExample.featuresMax, "more features than allowed")
        for feature in example.features.values {
            let counts = [feature.bytes.count, feature.floats.count, feature.integers.count]
            require(
                counts.allSatisfy { $0 <= feature.count },
                "more elements than counted: \(counts), \(feature.count)"
            )
        }
    }
}
