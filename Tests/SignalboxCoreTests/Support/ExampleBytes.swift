import SignalboxCore
import Wire

/// A `tf.train.Example` in the making.
struct ExampleBytes {
    enum List {
        case bytes([[UInt8]])
        case floats([Float])
        case integers([Int64])

        static func text(_ texts: String...) -> List { .bytes(texts.map { Array($0.utf8) }) }
    }

    /// How numbers are written.
    enum Packing: CaseIterable { case packed, unpacked, mixed }

    var features: [(name: String, list: List)]
    var packing = Packing.packed

    init(_ features: [(name: String, list: List)], _ packing: Packing = .packed) {
        self.features = features
        self.packing = packing
    }

    var bytes: [UInt8] {
        var example = ProtobufWriter()
        example.message(1) { map in
            for (name, list) in features {
                map.message(1) { entry in
                    entry.string(1, name)
                    entry.message(2) { feature in write(list, to: &feature) }
                }
            }
        }
        return example.bytes
    }

    /// The Example as a record.
    var record: [UInt8] { TFRecordFrames.frame(bytes) }

    private func write(_ list: List, to feature: inout ProtobufWriter) {
        switch list {
        case .bytes(let values): feature.message(1) { for value in values { $0.bytes(1, value) } }
        case .floats(let values):
            feature.message(2) { writer in
                let (single, packed) = split(values)
                for value in single { writer.float(1, value) }
                guard !packed.isEmpty else { return }
                writer.bytes(1, packed.flatMap { float in Self.little(float.bitPattern) })
            }
        case .integers(let values):
            feature.message(3) { writer in
                let (single, packed) = split(values)
                for value in single { writer.varint(1, UInt64(bitPattern: value)) }
                guard !packed.isEmpty else { return }
                writer.bytes(1, packed.flatMap { Self.varint(UInt64(bitPattern: $0)) })
            }
        }
    }

    private func split<Value>(_ values: [Value]) -> (single: ArraySlice<Value>, packed: ArraySlice<Value>) {
        switch packing {
        case .packed: ([], values[...])
        case .unpacked: (values[...], [])
        case .mixed: (values.prefix(1), values.dropFirst())
        }
    }

    private static func little(_ bits: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

extension ExampleBytes {
    /// The features of ``Sample/metadata(_:)``.
    static func metadata(_ identifier: String) -> [(name: String, list: List)] {
        [
            ("episode_metadata/episode_id", .text(identifier)), ("episode_metadata/xr_mode", .text("observer")),
            ("episode_metadata/control_role", .text("human_supervisor")),
            ("episode_metadata/environment_id", .text(Sample.environmentID)), ("episode_metadata/tags", .text("reach")),
            ("episode_metadata/software/continuon_brain_runtime", .text("1.2.3")),
            ("episode_metadata/software/continuon_ai_app", .text("4.5.6")),
        ]
    }

    /// The steps of ``Sample/step(_:)``, all in one Example.
    static func flat(_ identifier: String, steps: Int) -> ExampleBytes {
        let numbers = (0..<steps).map(Float.init)
        return ExampleBytes(
            metadata(identifier) + [
                ("steps/observation/command", .floats(numbers)), ("steps/action", .floats(numbers.map { $0 / 2 })),
                ("steps/is_first", .integers((0..<steps).map { $0 == 0 ? 1 : 0 })),
                ("steps/is_last", .integers((0..<steps).map { $0 == steps - 1 ? 1 : 0 })),
                ("steps/is_terminal", .integers((0..<steps).map { $0 == steps - 1 ? 1 : 0 })),
                ("steps/reward", .floats(numbers)),
                ("steps/language_instruction", .bytes((0..<steps).map { _ in Array("reach".utf8) })),
            ]
        )
    }

    /// ``Sample/step(_:)`` as an Example of its own.
    static func step(_ index: Int, of identifier: String) -> ExampleBytes {
        ExampleBytes(
            [
                ("episode_id", .text(identifier)), ("step_index", .integers([Int64(index)])),
                ("reward", .floats([0.5])), ("is_terminal", .integers([0])),
                ("observation", .text(#"{"command": [\#(index)]}"#)),
                ("action", .text(#"{"command": [\#(Double(index) / 2)], "source": "human_teleop_xr"}"#)),
                ("observation_command", .floats([Float(index)])), ("action_command", .floats([Float(index) / 2])),
                ("step_metadata", .text("{}")),
            ]
        )
    }
}

/// A gzip stream of stored blocks (RFC 1951, section 3.2.4; RFC 1952).
enum StoredGzip {
    static func pack(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = content[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let size = UInt16(block.count)
            bytes.append(rest.isEmpty ? 1 : 0)
            bytes += [size, ~size].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
            bytes += block
        } while !rest.isEmpty
        for word in [CRC32.checksum(of: content), UInt32(truncatingIfNeeded: content.count)] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        return bytes
    }
}
