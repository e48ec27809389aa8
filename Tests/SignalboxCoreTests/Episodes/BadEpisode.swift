import SignalboxCore
import Testing
import Wire

/// Files with one thing wrong, and what is to be found.
struct BadEpisode: Sendable, CustomTestStringConvertible {
    let name: String
    let code: EpisodeFinding.Code
    let place: EpisodeFinding.Place?
    let limits: EpisodeLimits
    let files: [Member]

    var testDescription: String { "\(code.rawValue): \(name)" }

    init(
        _ name: String,
        _ code: EpisodeFinding.Code,
        _ place: EpisodeFinding.Place,
        limits: EpisodeLimits = .standard,
        _ files: [Member]
    ) {
        self.init(name, code, at: place, limits, files)
    }

    /// Wherever it is found.
    init(
        _ name: String,
        _ code: EpisodeFinding.Code,
        limits: EpisodeLimits = .standard,
        _ files: [Member]
    ) {
        self.init(name, code, at: nil, limits, files)
    }

    private init(
        _ name: String,
        _ code: EpisodeFinding.Code,
        at place: EpisodeFinding.Place?,
        _ limits: EpisodeLimits,
        _ files: [Member]
    ) {
        self.name = name
        self.code = code
        self.place = place
        self.limits = limits
        self.files = files
    }

    static let all =
        packages + descriptions + versions + lines + documents + times + records + examples + flats + packed

    // MARK: Parts

    static let described = Member("a/metadata.json", Sample.metadata("a").serialized())
    static let good = Sample.step(0).serialized() + "\n" + Sample.step(1).serialized() + "\n"

    static func steps(_ text: String, _ name: String = "0") -> [Member] {
        [described, Member("a/steps/\(name)", text)]
    }

    /// Two steps, each changed.
    static func changing(_ edit: (Int, inout JSON) -> Void) -> [Member] {
        let lines = (0..<2).map { index in
            var step = Sample.step(index)
            edit(index, &step)
            return step.serialized() + "\n"
        }
        return steps(lines.joined())
    }

    /// The second of two steps changed at a pointer.
    static func second(_ pointer: String, _ value: JSON?) -> [Member] {
        changing { index, step in if index == 1 { step[pointer: pointer] = value } }
    }

    static func metadata(_ pointer: String, _ value: JSON?) -> [Member] {
        var metadata = Sample.metadata("a")
        metadata[pointer: pointer] = value
        return [Member("a/metadata.json", metadata.serialized()), Member("a/steps/0", good)]
    }

    static func record(_ example: ExampleBytes) -> [Member] { [Member("a.tfrecord", example.record)] }

    // MARK: Cases

    static let packages = [
        BadEpisode("nothing", .episodesMissing, .file, []),
        BadEpisode("blobs alone", .episodesMissing, [Member("blobs/a", good)]),
        BadEpisode("metadata alone", .stepsMissing, [described]),
        BadEpisode("blank lines alone", .stepsMissing, steps("\n\r\n \n")),
        BadEpisode(
            "a description without steps in a line",
            .stepsMissing,
            [
                Member("a", #"{"metadata": \#(Sample.metadata("a").serialized())}"#)
            ]
        ),
        BadEpisode("steps alone", .metadataMissing, [Member("a/steps/0", good)]),
        BadEpisode("a file without a description", .metadataMissing, [Member("a/b", good)]),
        BadEpisode(
            "one id twice",
            .episodeDuplicate,
            [
                described, Member("a/steps/0", good), Member("b/metadata.json", Sample.metadata("a").serialized()),
                Member("b/steps/0", good),
            ]
        ),
        BadEpisode(
            "one Example twice",
            .episodeDuplicate,
            [
                Member("a", ExampleBytes.flat("x", steps: 2).record + ExampleBytes.flat("x", steps: 2).record)
            ]
        ),
        BadEpisode(
            "more parts than read",
            .episodesLimit,
            limits: EpisodeLimits(partsMax: 1),
            [
                Member("a", ExampleBytes.flat("x", steps: 2).record + ExampleBytes.flat("y", steps: 2).record)
            ]
        ),
        BadEpisode(
            "more episodes than read",
            .episodesLimit,
            limits: EpisodeLimits(episodesMax: 1),
            [
                Member("a", ExampleBytes.flat("x", steps: 2).record + ExampleBytes.flat("y", steps: 2).record)
            ]
        ),
        BadEpisode("no actions", .actionsMissing, changing { $1[pointer: "/action"] = nil }),
        BadEpisode("a stray file", .fileUnrecognised, Array(Sample.files + [Member("x", "y")])),
    ]

    /// What only the intake asks for.
    static let descriptions =
        ["xr_mode", "control_role", "environment_id", "software", "tags"].map { name in
            BadEpisode("no \(name)", .metadataMissing, .file, metadata("/\(name)", nil))
        } + [
            BadEpisode(
                "nothing at all",
                .metadataMissing,
                [Member("a/metadata.json", "{}"), Member("a/steps/0", good)]
            ),
            BadEpisode("an unknown mode", .metadataInvalid, metadata("/xr_mode", "pilot")),
            BadEpisode("an unknown role", .metadataInvalid, metadata("/control_role", "robot")),
            BadEpisode("an empty environment", .metadataInvalid, metadata("/environment_id", "")),
            BadEpisode("software as text", .metadataInvalid, metadata("/software", "1.0")),
            BadEpisode("tags as text", .metadataInvalid, metadata("/tags", "reach")),
            BadEpisode("a tag that is no text", .metadataInvalid, metadata("/tags", [1])),
            BadEpisode("shared and not cleared", .sharingNotCleared, metadata("/share", ["public": true])),
            BadEpisode("shared and cleared of nothing", .sharingNotCleared, sharing(["pii_cleared": false])),
            BadEpisode(
                "shared and to be reviewed",
                .sharingNotCleared,
                sharing(["pii_cleared": true, "pending_review": true])
            ),
            BadEpisode("shared perhaps", .sharingNotCleared, metadata("/share", ["public": "yes"])),
        ]

    static func sharing(_ safety: JSON) -> [Member] {
        var json = Sample.metadata("a")
        json[pointer: "/share"] = ["public": true]
        json[pointer: "/safety"] = safety
        return [Member("a/metadata.json", json.serialized()), Member("a/steps/0", good)]
    }

    static let versions = [
        BadEpisode("version 2", .schemaVersion, metadata("/schema_version", "2.0")),
        BadEpisode("a version that is no text", .schemaVersion, metadata("/schema_version", 1)),
        BadEpisode("an id that is no text", .metadataInvalid, metadata("/episode_id", 7)),
        BadEpisode("an empty id", .metadataInvalid, metadata("/episode_id", "")),
        BadEpisode(
            "an id too long",
            .metadataInvalid,
            metadata("/episode_id", .string(String(repeating: "x", count: 257)))
        ),
        BadEpisode("a list", .metadataInvalid, [Member("a/metadata.json", "[]"), Member("a/steps/0", good)]),
        BadEpisode("no JSON", .jsonInvalid, .line(2), [Member("a/metadata.json", "{\n]"), Member("a/steps/0", good)]),
        BadEpisode(
            "a member twice",
            .jsonInvalid,
            [
                Member("a/metadata.json", #"{"tags":[],"tags":[]}"#), Member("a/steps/0", good),
            ]
        ),
        BadEpisode("too long", .metadataInvalid, limits: EpisodeLimits(metadataBytesMax: 10), steps(good)),
    ]
}
