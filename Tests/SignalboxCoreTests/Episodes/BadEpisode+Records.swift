import SignalboxCore
import Testing
import Wire

extension BadEpisode {
    /// A record of two steps behind a good one.
    private static func damaged(_ change: (inout [UInt8]) -> Void) -> [Member] {
        var record = ExampleBytes.flat("b", steps: 2).record
        change(&record)
        return [Member("x", ExampleBytes.flat("a", steps: 2).record + record)]
    }

    private static let start = Int64(ExampleBytes.flat("a", steps: 2).record.count)

    static let records = [
        BadEpisode("a length", .recordLengthChecksum, .record(2, offset: start), damaged { $0[0] ^= 1 }),
        BadEpisode("a length's checksum", .recordLengthChecksum, .record(2, offset: start), damaged { $0[9] ^= 1 }),
        BadEpisode("data", .recordDataChecksum, .record(2, offset: start + 12), damaged { $0[20] ^= 1 }),
        BadEpisode(
            "a checksum of data",
            .recordDataChecksum,
            .record(2, offset: start + 12),
            damaged { $0[$0.count - 1] ^= 1 }
        ),
        BadEpisode(
            "cut in a length",
            .recordTruncated,
            .record(2, offset: start + 5),
            damaged { $0 = Array($0[..<5]) }
        ),
        BadEpisode("cut in data", .recordTruncated, .record(2, offset: start + 30), damaged { $0 = Array($0[..<30]) }),
        BadEpisode("cut in the last checksum", .recordTruncated, damaged { $0.removeLast() }),
        BadEpisode(
            "too long",
            .recordLimit,
            .record(1, offset: 0),
            limits: EpisodeLimits(recordBytesMax: 10),
            [
                Member("x", ExampleBytes.flat("a", steps: 2).record)
            ]
        ),
    ]

    private static func step(_ name: String, _ list: ExampleBytes.List?) -> [Member] {
        var example = ExampleBytes.step(0, of: "a")
        example.features.removeAll { $0.name == name }
        if let list { example.features.append((name, list)) }
        return [described, Member("a/b", example.record)]
    }

    static let examples = [
        BadEpisode(
            "no Example",
            .exampleMalformed,
            .record(1, offset: 12),
            [Member("x", TFRecordFrames.frame([0x0B, 1, 2]))]
        ),
        BadEpisode("neither step nor episode", .exampleLayout, record(ExampleBytes([("image", .integers([1]))]))),
        BadEpisode("an index of text", .exampleLayout, step("step_index", .text("0"))),
        BadEpisode("two indices", .exampleLayout, step("step_index", .integers([0, 1]))),
        BadEpisode("no index", .stepInvalid, step("step_index", nil)),
        BadEpisode("an id of floats", .exampleLayout, step("episode_id", .floats([1]))),
        BadEpisode("numbers as integers", .exampleLayout, step("observation_command", .integers([1]))),
        BadEpisode("numbers that are none", .stepInvalid, step("action_command", .floats([.nan]))),
        BadEpisode("an observation that is no JSON", .jsonInvalid, step("observation", .text("{"))),
        BadEpisode("an action that is no object", .stepInvalid, step("action", .text("7"))),
        BadEpisode(
            "an observation too long",
            .lineLimit,
            limits: EpisodeLimits(lineBytesMax: 9),
            step(
                "observation",
                .text(#"{"command": [1, 2, 3]}"#)
            )
        ),
        BadEpisode("an end of two", .exampleLayout, step("is_terminal", .integers([1, 0]))),
        BadEpisode("an end of 7", .stepInvalid, step("is_terminal", .integers([7]))),
    ]

    private static func flat(_ name: String, _ list: ExampleBytes.List?) -> [Member] {
        var example = ExampleBytes.flat("a", steps: 2)
        example.features.removeAll { $0.name == name }
        if let list { example.features.append((name, list)) }
        return record(example)
    }

    /// Neither numbers nor a text.
    private static let blind: [Member] = {
        var example = ExampleBytes.flat("a", steps: 2)
        example.features.removeAll { ["steps/observation/command", "steps/language_instruction"].contains($0.name) }
        return record(example)
    }()

    static let flats = [
        BadEpisode("no steps known", .exampleLayout, record(ExampleBytes([("steps/action", .floats([1]))]))),
        BadEpisode("lists of other lengths", .exampleLayout, flat("steps/reward", .floats([1, 2, 3]))),
        BadEpisode("rewards of text", .exampleLayout, flat("steps/reward", .text("1", "2"))),
        BadEpisode("numbers that do not fit", .exampleLayout, flat("steps/action", .floats([1, 2, 3]))),
        BadEpisode("actions of text", .exampleLayout, flat("steps/action", .text("1", "2"))),
        BadEpisode("no observation", .stepInvalid, blind),
        BadEpisode("numbers that are none", .stepInvalid, flat("steps/action", .floats([1, .infinity]))),
        BadEpisode("a second first step", .stepOrder, flat("steps/is_first", .integers([1, 1]))),
        BadEpisode("no first step", .stepOrder, flat("steps/is_first", .integers([0, 0]))),
        BadEpisode("an early last step", .stepOrder, flat("steps/is_last", .integers([1, 1]))),
        BadEpisode("an early end", .terminalEarly, flat("steps/is_terminal", .integers([1, 0]))),
        BadEpisode("more steps than read", .recordLimit, limits: EpisodeLimits(exampleStepsMax: 1), flat("x", nil)),
        BadEpisode("times out of order", .timeOrder, flat("steps/timestamp_ns", .integers([2, 1]))),
        BadEpisode("times before 0", .stepInvalid, flat("steps/timestamp_ns", .integers([.min, .max]))),
        BadEpisode("a mode unknown", .metadataInvalid, flat("episode_metadata/xr_mode", .text("pilot"))),
        BadEpisode("a mode of bytes", .metadataInvalid, flat("episode_metadata/xr_mode", .bytes([[0xFF]]))),
        BadEpisode("no mode", .metadataMissing, flat("episode_metadata/xr_mode", nil)),
    ]

    private static let gzip = StoredGzip.pack(ExampleBytes.flat("a", steps: 2).record)

    static let packed = [
        BadEpisode("cut short", .gzipMalformed, [Member("x", Array(gzip.dropLast()))]),
        BadEpisode(
            "a wrong checksum",
            .gzipMalformed,
            [
                Member("x", gzip.enumerated().map { $0 == gzip.count - 6 ? $1 ^ 1 : $1 })
            ]
        ),
        BadEpisode("other bytes behind it", .gzipMalformed, [Member("x", gzip + [1, 2, 3])]),
        BadEpisode(
            "too much within",
            .gzipLimit,
            limits: EpisodeLimits(unpackedBytesMax: 1 << 20),
            [
                described,
                Member("a/steps/0", StoredGzip.pack(Array(good.utf8) + [UInt8](repeating: 0x0A, count: 1 << 20))),
            ]
        ),
    ]
}
