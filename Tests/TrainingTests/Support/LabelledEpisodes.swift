import SignalboxCore

@testable import Training

/// Episodes whose steps have classes from 0 to 4 that follow from what a backbone sees, as files.
enum LabelledEpisodes {
    /// Of a preset of `ordinal`, read as the trainer reads them.
    static func read(
        _ preset: String,
        shape: ModelShape,
        config: JobConfig,
        episodes: Int,
        steps: Int
    ) throws -> [Episode] {
        var reader = EpisodeReader(columns: try StepColumns(shape: shape, config: config))
        var generator = SplitMix64(seed: 3)
        for number in 0..<episodes {
            let name = "e\(number)"
            try reader.add(path: "\(name)/metadata.json", bytes: Array(EpisodeText.metadata(name).utf8))
            let lines = (0..<steps).map { step(preset, $0, &generator) }
            try reader.add(path: "\(name)/steps/0.jsonl", bytes: Array(lines.joined(separator: "\n").utf8))
        }
        return try reader.finish()
    }

    private static func step(_ preset: String, _ index: Int, _ generator: inout SplitMix64) -> String {
        let label = generator.next(below: 5)
        let members =
            switch preset {
            case "text": #""language_instruction": "\#(praise(label))""#
            case "image": #""observation": {"image": \#(image(brightness: 20 + 50 * label, &generator))}"#
            default: #""observation": {"command": \#(vector(label, &generator))}"#
            }
        return #"{"step_index": \#(index), \#(members), "step_metadata": {"label": \#(label)}}"#
    }

    private static func praise(_ label: Int) -> String {
        ["dropped it", "touched it", "held it", "lifted it", "put it in place"][label]
    }

    private static func vector(_ label: Int, _ generator: inout SplitMix64) -> [Double] {
        let noise = (0..<3).map { _ in Double(generator.next(below: 1000)) / 1000 - 0.5 }
        return [Double(label) + noise[0] * 0.8, noise[1], noise[2]]
    }

    private static func image(brightness: Int, _ generator: inout SplitMix64) -> String {
        let rows = (0..<64).map { _ in
            let shade = brightness + generator.next(below: 20)
            return "[" + (0..<64).map { _ in "[\(shade),\(shade),\(brightness)]" }.joined(separator: ",") + "]"
        }
        return "[" + rows.joined(separator: ",") + "]"
    }
}
