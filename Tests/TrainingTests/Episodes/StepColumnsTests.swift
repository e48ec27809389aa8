import Glibc
import SignalboxCore
import Testing
import Wire

@testable import Training

@Suite("What a model takes of a step") struct StepColumnsTests {
    private static func shape(_ input: ModelInput, width: Int) -> ModelShape {
        ModelShape(
            batchSize: 4,
            windowSteps: 1,
            windowStrideSteps: 1,
            input: input,
            observationWidth: width,
            target: .classes,
            targetWidth: 4
        )
    }

    private static let vectors = shape(.numbers, width: 3)
    private static let texts = shape(.text, width: 8)
    private static let images = shape(.image(height: 1, width: 2), width: 6)

    private func episodes(
        _ lines: [String],
        shape: ModelShape,
        config: JobConfig = JobConfig(modelType: "ordinal", classes: 3),
        metadata: String = #"{"schema_version": "1.1", "episode_id": "e"}"#
    ) throws -> [Episode] {
        var reader = EpisodeReader(columns: try StepColumns(shape: shape, config: config))
        try reader.add(path: "e/metadata.json", bytes: Array(metadata.utf8))
        try reader.add(path: "e/steps/0.jsonl", bytes: Array(lines.joined(separator: "\n").utf8))
        return try reader.finish()
    }

    private static func step(_ members: String, _ index: Int = 0) -> String {
        #"{"step_index": \#(index), \#(members)}"#
    }

    @Test("is a class from 0 where the config says; steps without one are not learned from")
    func labels() throws {
        let lines = [#""step_metadata": {"label": 2}"#, #""step_metadata": {}"#, #""step_metadata": {"label": 0}"#]
            .enumerated().map { Self.step(#""observation": {"command": [1, 2]}, \#($0.element)"#, $0.offset) }
        let episode = try #require(try episodes(lines, shape: Self.vectors).first)
        #expect(episode.actions == [2, 0, 0] && episode.trainable == [true, false, true])
        let config = JobConfig(modelType: "ordinal", classes: 2, labelPath: try #require(LabelPath("judge.grade")))
        let other = [Self.step(#""observation": {"command": [1]}, "judge": {"grade": 1}"#)]
        #expect(try episodes(other, shape: Self.vectors, config: config).first?.actions == [1])
    }

    @Test("is a text of the step, or else of its episode")
    func text() throws {
        let lines = [
            Self.step(#""language_instruction": "pick", "step_metadata": {"label": 1}"#),
            Self.step(#""step_metadata": {"label": 1}"#, 1),
        ]
        let metadata = #"{"schema_version": "1.1", "episode_id": "e", "language_instruction": "é"}"#
        let episode = try #require(try episodes(lines, shape: Self.texts, metadata: metadata).first)
        #expect(episode.observations == [113, 106, 100, 108, 0, 0, 0, 0, 196, 170, 0, 0, 0, 0, 0, 0])
        #expect(episode.observationSource == .instruction)
    }

    @Test("is an image of the program's size")
    func image() throws {
        let line = Self.step(#""observation": {"image": [[[1, 2, 3], [0, 255, 6]]]}, "step_metadata": {"label": 1}"#)
        let episode = try #require(try episodes([line], shape: Self.images).first)
        #expect(episode.observations == [1, 2, 3, 0, 255, 6] && episode.observationSource == .image)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let shape: ModelShape
        let members: String
        var says = ""
        var code = TrainingError.Code.episodeSchema
        var testDescription: String { members }
    }

    static let bad = [
        Bad(
            shape: vectors,
            members: #""observation": {"command": [1]}, "step_metadata": {"label": 3}"#,
            says: "0 to 2"
        ),
        Bad(
            shape: vectors,
            members: #""observation": {"command": [1]}, "step_metadata": {"label": -1}"#,
            says: "0 to 2"
        ),
        Bad(
            shape: vectors,
            members: #""observation": {"command": [1]}, "step_metadata": {"label": 1.5}"#,
            says: "integer"
        ),
        Bad(
            shape: vectors,
            members: #""observation": {"command": [1]}, "step_metadata": {"label": "1"}"#,
            says: "integer"
        ),
        Bad(
            shape: vectors,
            members: #""observation": {"command": [1]}, "action": {"command": [1]}"#,
            says: "class at step_metadata.label",
            code: .noTrainableSteps
        ),
        Bad(
            shape: texts,
            members: #""language_instruction": "ninebytes", "step_metadata": {"label": 1}"#,
            says: "8 bytes"
        ),
        Bad(shape: texts, members: #""language_instruction": "", "step_metadata": {"label": 1}"#, says: "8 bytes"),
        Bad(shape: texts, members: #""step_metadata": {"label": 1}"#, says: "none in metadata.json"),
        Bad(shape: images, members: #""observation": {"image": "frames/0.jpg"}"#, says: "JPEG"),
        Bad(shape: images, members: #""observation": {"image": [[[1, 2, 3]]]}"#, says: "1 pixels"),
        Bad(shape: images, members: #""observation": {"image": []}"#, says: "0 rows"),
        Bad(shape: images, members: #""observation": {"image": [[[1, 2], [3, 4]]]}"#, says: "2 numbers"),
        Bad(shape: images, members: #""observation": {"image": [[[1, 2, 256], [3, 4, 5]]]}"#, says: "0 to 255"),
    ]

    @Test("is said to be wrong", arguments: bad)
    func refused(bad: Bad) {
        let error = #expect(throws: TrainingError.self) { try episodes([Self.step(bad.members)], shape: bad.shape) }
        #expect(error?.code == bad.code && error?.message.contains(bad.says) == true, "\(error?.message ?? "")")
    }

    @Test("has no more classes than the programs")
    func tooManyClasses() {
        let config = JobConfig(modelType: "ordinal", classes: 5)
        let error = #expect(throws: TrainingError.self) { try StepColumns(shape: Self.vectors, config: config) }
        #expect(error?.code == .classesUnsupported && error?.message.contains("up to 4") == true)
    }

    private func dataset(_ labels: [[Int?]]) throws -> Dataset {
        let episodes = labels.enumerated().map { number, labels in
            Episode(
                identifier: "e\(number)",
                observationWidth: 1,
                actionWidth: 1,
                observations: labels.indices.map(Float.init),
                actions: labels.map { Float($0 ?? 0) },
                trainable: labels.map { $0 != nil }
            )
        }
        let label = try StepColumns(shape: Self.vectors, config: JobConfig(modelType: "ordinal", classes: 3)).label
        return try Dataset(episodes: episodes, shape: Self.vectors, label: label, seed: 0)
    }

    @Test("becomes a one at the class's place, with a mask of the classes in use")
    func oneHot() throws {
        let dataset = try dataset([[2, nil, 0]])
        #expect(dataset.trainingWindows.map(\.start) == [0, 2])
        let batch = try #require(dataset.trainingBatch(0, of: 4, in: [0, 1]).first)
        #expect(batch.targets == [0, 0, 1, 0, 1, 0, 0, 0] + Array(repeating: 0, count: 8))
        #expect(batch.targetMask == [1, 1, 1, 0, 1, 1, 1, 0] + Array(repeating: 0, count: 8))
        #expect(batch.stepMask == [1, 1, 0, 0])
        #expect(dataset.actionNormalisation == nil)
    }

    @Test("is measured against the best constant")
    func baseline() throws {
        // One episode stands on both sides: classes 0, 0, 0, 1 and 2, counted once more each.
        let dataset = try dataset([[0, 0, 0, 1, 2, nil]])
        let wanted = -(3 * log(4.0 / 8) + 2 * log(2.0 / 8)) / 5
        #expect(abs(dataset.baselineLoss - wanted) < 1e-12)
        #expect(dataset.classBaseline == ClassFigures(accuracy: 0.6, meanAbsoluteError: 0.6))
    }
}
