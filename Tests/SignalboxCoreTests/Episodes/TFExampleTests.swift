import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("tf.train.Example")
struct TFExampleTests {
    private static let features: [(name: String, list: ExampleBytes.List)] = [
        ("text", .text("one", "", "three")), ("numbers", .floats([1.5, -2, 0])),
        ("counts", .integers([0, -1, 300, Int64.max])), ("none", .integers([])),
    ]

    @Test("is read packed, unpacked and mixed, in any order", arguments: ExampleBytes.Packing.allCases)
    func lists(packing: ExampleBytes.Packing) throws {
        for rotation in 0..<Self.features.count {
            let features = Array(Self.features[rotation...] + Self.features[..<rotation])
            let example = try TFExample(parsing: ExampleBytes(features, packing).bytes)
            #expect(example.features.count == 4)
            #expect(example.features["text"]?.bytes.map(Array.init) == [Array("one".utf8), [], Array("three".utf8)])
            #expect(example.features["numbers"]?.floats == [1.5, -2, 0])
            #expect(example.features["counts"]?.integers == [0, -1, 300, Int64.max])
            #expect(example.features["none"]?.count == 0)
            #expect(example.features["numbers"]?.integers == [])
        }
    }

    @Test("is read with value before key, and with fields that are not known")
    func anyOrder() throws {
        var writer = ProtobufWriter()
        writer.varint(9, 7)
        writer.message(1) { map in
            map.string(5, "not known")
            map.message(1) { entry in
                entry.message(2) { feature in
                    feature.double(8, 1)
                    feature.message(3) { $0.varint(1, 5) }
                }
                entry.string(1, "n")
            }
        }
        #expect(try TFExample(parsing: writer.bytes).features["n"]?.integers == [5])
        #expect(try TFExample(parsing: []).features.isEmpty)
    }

    @Test("is refused at every byte where it is cut within")
    func truncated() throws {
        let bytes = ExampleBytes([("n", .integers([300])), ("f", .floats([1]))], .packed).bytes
        for count in 1..<bytes.count {
            let error = #expect(throws: ProtobufError.self) { try TFExample(parsing: Array(bytes[..<count])) }
            #expect(error?.code == .truncated, "\(count)")
        }
    }

    /// An Example of one feature `n` whose content is given.
    private static func feature(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { map in
            map.message(1) { entry in
                entry.string(1, "n")
                entry.message(2, body)
            }
        }
        return writer.bytes
    }

    private static let bad: [(String, ProtobufError.Code, [UInt8])] = [
        ("features as a number", .malformed, [0x08, 1]),
        ("a group", .malformed, [0x0B, 0x0C]),
        ("field 0", .malformed, [0x02, 0]),
        ("an entry as a number", .malformed, [0x0A, 2, 0x08, 1]),
        ("a name as a number", .malformed, [0x0A, 4, 0x0A, 2, 0x08, 1]),
        ("a name that is not UTF-8", .invalidUTF8, [0x0A, 5, 0x0A, 3, 0x0A, 1, 0xFF]),
        ("a list as a number", .malformed, feature { $0.varint(3, 1) }),
        ("floats as doubles", .malformed, feature { $0.message(2) { $0.double(1, 1) } }),
        ("floats as integers", .malformed, feature { $0.message(2) { $0.varint(1, 1) } }),
        ("integers as floats", .malformed, feature { $0.message(3) { $0.float(1, 1) } }),
        ("bytes as integers", .malformed, feature { $0.message(1) { $0.varint(1, 1) } }),
        ("packed floats cut short", .truncated, feature { $0.message(2) { $0.bytes(1, [0, 0, 0]) } }),
        ("a packed number cut short", .truncated, feature { $0.message(3) { $0.bytes(1, [1, 0x80]) } }),
        (
            "a number of eleven bytes", .malformed,
            feature { list in
                list.message(3) { $0.bytes(1, [UInt8](repeating: 0x80, count: 10) + [1]) }
            }
        ),
        (
            "a number beyond 64 bits", .malformed,
            feature { list in
                list.message(3) { $0.bytes(1, [UInt8](repeating: 0xFF, count: 9) + [2]) }
            }
        ),
        (
            "two lists", .duplicateField,
            feature { feature in
                feature.message(2) { $0.float(1, 1) }
                feature.message(3) { $0.varint(1, 1) }
            }
        ),
        ("one name twice", .duplicateField, ExampleBytes([("n", .floats([1])), ("n", .floats([2]))]).bytes),
        (
            "more features than read", .tooLarge,
            ExampleBytes(
                (0...TFExample.featuresMax).map { ("\($0)", .integers([])) }
            ).bytes
        ),
    ]

    @Test("is refused where it is wrong", arguments: bad.indices)
    func refused(row: Int) {
        let (name, code, bytes) = Self.bad[row]
        let error = #expect(throws: ProtobufError.self, "\(name)") { try TFExample(parsing: bytes) }
        #expect(error?.code == code, "\(name)")
    }

    @Test("never crashes on bytes of any kind")
    func random() {
        var random = SplitMix(state: 7)
        let good = ExampleBytes.flat("a", steps: 3).bytes
        for _ in 0..<5000 {
            var bytes = good
            for _ in 0...Int(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? EpisodeSteps.read([Member("a", TFRecordFrames.frame(bytes))])
        }
    }

    private struct SplitMix {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
