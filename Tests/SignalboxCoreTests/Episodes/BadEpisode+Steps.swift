import SignalboxCore
import Testing
import Wire

extension BadEpisode {
    static let lines = [
        BadEpisode("no JSON", .jsonInvalid, .line(3), steps(good + "nonsense\n")),
        BadEpisode("half a line", .jsonInvalid, .line(3), steps(good + Sample.step(2).serialized().dropLast(9))),
        BadEpisode("no JSON in a file of episodes", .jsonInvalid, .line(3), [described, Member("a/b", good + "}\n")]),
        BadEpisode("two values in a line", .jsonInvalid, .line(3), steps(good + "{} {}\n")),
        BadEpisode("not UTF-8", .jsonInvalid, .line(3), [described, Member("a/steps/0", Array(good.utf8) + [0xFF])]),
        BadEpisode(
            "too long",
            .lineLimit,
            .line(3),
            limits: EpisodeLimits(lineBytesMax: 200),
            steps(
                good + String(repeating: "x", count: 201) + "\n"
            )
        ),
        BadEpisode("a list", .stepInvalid, .line(3), steps(good + "[]")),
        BadEpisode("no index", .stepInvalid, .line(2), second("/step_index", nil)),
        BadEpisode("an index that is no number", .stepInvalid, .line(2), second("/step_index", "1")),
        BadEpisode("an index below 0", .stepInvalid, .line(2), second("/step_index", -1)),
        BadEpisode("no observation", .stepInvalid, .line(2), second("/observation", nil)),
        BadEpisode("an empty observation", .stepInvalid, .line(2), second("/observation/command", [])),
        BadEpisode("text in an observation", .stepInvalid, .line(2), second("/observation/command/0", "1")),
        BadEpisode("beyond a float", .stepInvalid, .line(2), second("/observation/command/0", 1e39)),
        BadEpisode("an action without command", .stepInvalid, .line(2), second("/action", ["steering": 1])),
        BadEpisode("an empty action", .stepInvalid, .line(2), second("/action/command", [])),
        BadEpisode("a reward that is none", .stepInvalid, .line(2), second("/reward", "high")),
        BadEpisode("an end that is none", .stepInvalid, .line(2), second("/is_terminal", "no")),
        BadEpisode("metadata of a step that are none", .stepInvalid, .line(2), second("/step_metadata", [])),
        BadEpisode("an id that is none", .stepInvalid, .line(2), second("/episode_id", 7)),
        BadEpisode("a step left out", .stepOrder, .line(2), second("/step_index", 2)),
        BadEpisode("a step twice", .stepOrder, .line(2), second("/step_index", 0)),
        BadEpisode("a start behind 0", .stepOrder, changing { $1[pointer: "/step_index"] = .integer(Int64($0 + 5)) }),
        BadEpisode(
            "a file left out",
            .stepOrder,
            .file,
            steps(good) + [Member("a/steps/1", Sample.step(5).serialized())]
        ),
        BadEpisode("another width", .stepWidth, .line(2), second("/observation/command", [1, 2])),
        BadEpisode("another width of actions", .stepWidth, .line(2), second("/action/command", [1, 2])),
        BadEpisode("another source", .stepWidth, .line(2), second("/observation", ["x": 1])),
        BadEpisode(
            "another width in another file",
            .stepWidth,
            .file,
            steps(good) + [
                Member(
                    "a/steps/1",
                    #"{"step_index": 2, "observation": {"command": [1, 2]}, "action": {"command": [1]}}"#
                )
            ]
        ),
        BadEpisode(
            "other actions behind a file without any",
            .stepWidth,
            .file,
            steps(good) + [
                Member("a/steps/1", #"{"step_index": 2, "observation": {"command": [2]}, "action": null}"#),
                Member(
                    "a/steps/2",
                    #"{"step_index": 3, "observation": {"command": [3]}, "action": {"command": [1, 2]}}"#
                ),
            ]
        ),
        BadEpisode(
            "an end before the end",
            .terminalEarly,
            .line(2),
            changing { $1[pointer: "/is_terminal"] = .bool($0 == 0) }
        ),
    ]

    private static func document(_ steps: String, metadata: String = Sample.metadata("a").serialized()) -> [Member] {
        [Member("a.json", "{\n\"metadata\": \(metadata),\n\"steps\": \(steps)\n}\n")]
    }

    static let documents = [
        BadEpisode(
            "an element that is no JSON",
            .jsonInvalid,
            .line(4),
            document("[\(Sample.step(0).serialized()),\n{,}]")
        ),
        BadEpisode("a comma too many", .jsonInvalid, document("[\(Sample.step(0).serialized()),]")),
        BadEpisode("a wrong bracket", .jsonInvalid, document("[\(Sample.step(0).serialized())}")),
        BadEpisode("steps twice", .jsonInvalid, document("[\(Sample.step(0).serialized())], \"steps\": []")),
        BadEpisode("an escaped name", .jsonInvalid, [Member("a", "{\n\"st\\u0065ps\": [1], \"metadata\": {}}")]),
        BadEpisode(
            "something behind it",
            .jsonInvalid,
            .line(5),
            [
                Member("a", document("[\(Sample.step(0).serialized())]")[0].bytes + Array("{".utf8))
            ]
        ),
        BadEpisode("cut short", .jsonInvalid, [Member("a", "{\n\"metadata\": \(Sample.metadata("a").serialized())\n")]),
        BadEpisode(
            "an element of a wrong type",
            .stepInvalid,
            .line(4),
            document("[\(Sample.step(0).serialized()),\n7]")
        ),
        BadEpisode(
            "an element too long",
            .lineLimit,
            limits: EpisodeLimits(lineBytesMax: 300),
            document(
                "[\(Sample.step(0).serialized()), \"\(String(repeating: "x", count: 300))\"]"
            )
        ),
        BadEpisode("no steps", .stepsMissing, document("[]")),
        BadEpisode("no metadata", .metadataMissing, [Member("a", "{\"steps\": [\(Sample.step(0).serialized())]}")]),
    ]

    private static func time(_ pointer: String, _ first: JSON, _ later: JSON) -> [Member] {
        changing { index, step in
            var names = pointer.split(separator: "/").map(String.init)
            let last = names.removeLast()
            for count in 1...max(names.count, 1) where !names.isEmpty {
                let parent = "/" + names.prefix(count).joined(separator: "/")
                if step[pointer: parent] == nil { step[pointer: parent] = [:] }
            }
            step[pointer: "/" + (names + [last]).joined(separator: "/")] = index == 0 ? first : later
        }
    }

    private static func frames(_ times: (robot: Int64, video: Int64, depth: Int64)) -> [Member] {
        changing { _, step in
            step[pointer: "/observation/robot_state"] = ["timestamp_nanos": .integer(times.robot)]
            step[pointer: "/observation/egocentric_video"] = ["timestamp_ns": .integer(times.video)]
            step[pointer: "/observation/egocentric_depth"] = ["timestamp_ms": .integer(times.depth)]
        }
    }

    static let times = [
        BadEpisode("a step before the last", .timeOrder, .line(2), time("/timestamp_ns", 5, 4)),
        BadEpisode("a step before the last, in other units", .timeOrder, .line(2), time("/timestamp_micros", 5, 4)),
        BadEpisode(
            "a step's metadata before the last",
            .timeOrder,
            .line(2),
            time("/step_metadata/timestamp_ms", "5", "4")
        ),
        BadEpisode(
            "a frame before the last",
            .timeOrder,
            .line(2),
            time("/observation/egocentric_video/timestamp_ns", 5, 4)
        ),
        BadEpisode("a time that is none", .stepInvalid, .line(2), time("/timestamp_ns", 5, "noon")),
        BadEpisode("a time beyond all", .stepInvalid, .line(2), time("/timestamp_ms", 5, .integer(.max))),
        BadEpisode(
            "a file before the last",
            .timeOrder,
            .file,
            [
                described,
                Member(
                    "a/steps/0",
                    #"{"step_index": 0, "timestamp_ns": 9, "observation": [1], "action": {"command": [1]}}"#
                ),
                Member(
                    "a/steps/1",
                    #"{"step_index": 1, "timestamp_ns": 8, "observation": [1], "action": {"command": [1]}}"#
                ),
            ]
        ),
        BadEpisode(
            "frames too far apart",
            .framesApart,
            .line(1),
            [
                described,
                Member(
                    "a/steps/0",
                    String(decoding: frames((5_000_001, 0, 5))[1].bytes, as: UTF8.self)
                        .split(separator: "\n")[0] + "\n"
                ),
            ]
        ),
    ]
}
