import SignalboxCore
import Wire

extension BadInput {
    /// All is as the robot signed it, and the episodes are not what they must be; `BadEpisode` has their own codes.
    static let episodes = [
        BadInput("a malformed line", .episodeInvalid) {
            $0 = try Upload([Sample.files[0], Member("ep_00000/steps/000000.jsonl", "nonsense\n")])
        },
        BadInput("no episode at all", .episodeInvalid) { $0 = try Upload([Member("readme.txt", "hello")]) },
        BadInput("an episode to be shared that is not cleared", .episodeInvalid) {
            var metadata = Sample.metadata("ep_00000")
            metadata[pointer: "/share"] = ["public": true]
            $0 = try Upload([Member("ep_00000/metadata.json", metadata.serialized()), Sample.files[1]])
        },
        BadInput("a record with a flipped bit", .episodeInvalid) {
            var record = ExampleBytes.flat("a", steps: 2).record
            record[record.count / 2] ^= 1
            $0 = try Upload([Member("a.tfrecord", record)])
        },
    ]
}
