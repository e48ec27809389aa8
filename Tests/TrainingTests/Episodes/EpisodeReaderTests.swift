import SignalboxCore
import Testing
import Wire

@testable import Training

@Suite struct EpisodeReaderTests {
    /// Files of one dataset, in the order they come.
    typealias Files = [(path: String, text: String)]

    private func read(
        _ files: Files,
        limits: EpisodeLimits = .standard,
        holding dataset: DatasetLimits = .standard
    ) throws -> [Episode] {
        var reader = EpisodeReader(limits: limits, holding: dataset)
        for file in files { try reader.add(path: file.path, bytes: Array(file.text.utf8)) }
        return try reader.finish()
    }

    @Test func readsTheFixtures() throws {
        let episodes = try Repository.episodes()
        #expect(episodes.count == 24)
        #expect(episodes.map(\.stepCount).reduce(0, +) == 1229)
        #expect(episodes.allSatisfy { $0.observationWidth == 39 && $0.actionWidth == 4 })
        #expect(episodes[0].identifier == "ep_00000")
        #expect(episodes[0].actions[0..<4] == [0.400385, 1.0, 0.484641, 0.0])
    }

    @Test func joinsFilesInTheOrderOfTheirNames() throws {
        let episodes = try read([
            ("data/a/steps/000001.jsonl", EpisodeText.steps(2, from: 3)),
            ("data/a/video.mp4", "not ours"), ("data/a/blobs/0.jsonl", "not ours"),
            ("data/a/steps/000000.jsonl", EpisodeText.steps(3)),
            ("data/a/metadata.json", EpisodeText.metadata("one")),
        ])
        #expect(episodes.count == 1)
        #expect(episodes[0].observations == [0, 1, 1, 1, 2, 1, 3, 1, 4, 1])
        #expect(episodes[0].actions == [0, 2, 4, 6, 8])
    }

    @Test func keepsStepsWithoutActionAsSeenAndNotLearned() throws {
        let lines = [
            EpisodeText.step(0, observation: [5], action: nil),
            EpisodeText.step(1, observation: [6], action: [7, 8]),
        ]
        let episodes = try read([
            ("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0.jsonl", lines.joined(separator: "\n")),
        ])
        #expect(episodes[0].trainable == [false, true])
        #expect(episodes[0].actions == [0, 0, 7, 8])
    }

    private func steps(_ observations: [String]) -> Files {
        let lines = observations.enumerated().map { index, observation in
            #"{"step_index": \#(index), "observation": \#(observation), "action": {"command": [1]}}"#
        }
        return [("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0.jsonl", lines.joined(separator: "\n"))]
    }

    @Test func takesTheFirstSourceThatAnObservationHas() throws {
        let joints = #""robot_state": {"joint_positions": [3, 4], "gripper": 9}"#
        let nested = #"{"z": 5, "b": {"y": [1, [2, 3]], "x": 0.5, "name": "arm"}, "a": true, "c": null}"#
        let rows: [(String, ObservationSource, [Float])] = [
            (#"{"command": [1, 2], \#(joints)}"#, .command, [1, 2]), ("{\(joints)}", .jointPositions, [3, 4]),
            (nested, .leaves, [0.5, 1, 2, 3, 5]),
        ]
        for (observation, source, numbers) in rows {
            let episodes = try read(steps([observation]))
            #expect(episodes[0].observationSource == source && episodes[0].observations == StepNumbers(numbers))
        }
    }

    @Test func refusesObservationsThatAreNoneOrOfSeveralSources() {
        let bad = [
            [#"{"command": "up"}"#], [#"{"command": []}"#], [#"{"command": [1, "2"]}"#], [#"{"name": "arm"}"#], ["{}"],
            [#"{"x": 1e39}"#], [#"{"command": [1]}"#, #"{"x": 1}"#],
        ]
        for observations in bad {
            let error = #expect(throws: TrainingError.self, "\(observations)") { try read(steps(observations)) }
            // A second source is another width of the dataset.
            #expect(error?.code == (observations.count > 1 ? .dimensionMismatch : .episodeSchema), "\(observations)")
        }
    }

    static let bad: [(name: String, code: TrainingError.Code, files: Files)] = [
        ("nothing", .noTrainableSteps, []),
        ("no lines", .episodeIncomplete, [("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0.jsonl", "\n")]),
        (
            "no actions", .noTrainableSteps,
            [
                ("a/metadata.json", EpisodeText.metadata("a")),
                ("a/steps/0.jsonl", EpisodeText.step(0, observation: [1], action: nil)),
            ]
        ),
        ("metadata is no JSON", .episodeSchema, [("a/metadata.json", "{")]),
        (
            "metadata names a member twice", .episodeSchema,
            [("a/metadata.json", #"{"episode_id":"a","episode_id":"b"}"#)]
        ),
        ("another schema", .episodeSchema, [("a/metadata.json", EpisodeText.metadata("a", version: "2.0"))]),
        ("no id", .episodeSchema, [("a/metadata.json", EpisodeText.metadata(""))]),
        ("a step is no JSON", .episodeSchema, [("a/steps/0.jsonl", "nonsense")]),
        ("no observation", .episodeSchema, [("a/steps/0.jsonl", #"{"step_index": 0}"#)]),
        ("no numbers", .episodeSchema, [("a/steps/0.jsonl", EpisodeText.step(0, observation: [], action: [1]))]),
        (
            "text for a number", .episodeSchema,
            [("a/steps/0.jsonl", #"{"step_index":0,"observation":{"robot_state":{"joint_positions":["1"]}}}"#)]
        ),
        (
            "beyond a float", .episodeSchema,
            [("a/steps/0.jsonl", EpisodeText.step(0, observation: [1e39], action: nil))]
        ),
        ("negative index", .episodeSchema, [("a/steps/0.jsonl", EpisodeText.step(-1, observation: [1], action: [1]))]),
        (
            "a step is missing", .episodeSchema,
            [("a/steps/0.jsonl", EpisodeText.steps(1) + EpisodeText.steps(1, from: 2))]
        ),
        (
            "a file is missing", .episodeSchema,
            [("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/1.jsonl", EpisodeText.steps(1, from: 5))]
        ),
        (
            "widths change within a file", .dimensionMismatch,
            [
                (
                    "a/steps/0.jsonl",
                    EpisodeText.steps(1) + EpisodeText.step(1, observation: [1, 2, 3], action: [1])
                )
            ]
        ),
        (
            "widths change between files", .dimensionMismatch,
            [
                ("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0.jsonl", EpisodeText.steps(1)),
                ("a/steps/1.jsonl", EpisodeText.step(1, observation: [1], action: [1])),
            ]
        ),
        ("steps alone", .episodeIncomplete, [("a/steps/0.jsonl", EpisodeText.steps(1))]),
        ("metadata alone", .episodeIncomplete, [("a/metadata.json", EpisodeText.metadata("a"))]),
        (
            "one id twice", .episodeDuplicate,
            [
                ("a/metadata.json", EpisodeText.metadata("x")), ("a/steps/0.jsonl", EpisodeText.steps(1)),
                ("b/metadata.json", EpisodeText.metadata("x")), ("b/steps/0.jsonl", EpisodeText.steps(1)),
            ]
        ),
        (
            "one file twice", .episodeDuplicate,
            [("a/metadata.json", EpisodeText.metadata("x")), ("a/metadata.json", EpisodeText.metadata("x"))]
        ),
    ]

    @Test(arguments: bad.indices) func refuses(_ row: Int) {
        let error = #expect(throws: TrainingError.self) { try read(Self.bad[row].files) }
        #expect(error?.code == Self.bad[row].code, "\(Self.bad[row].name)")
    }

    @Test func namesFileAndLine() {
        let error = #expect(throws: TrainingError.self) {
            try read([("a/steps/0.jsonl", EpisodeText.steps(1) + "{}\n")])
        }
        #expect(error?.message.hasPrefix("a/steps/0.jsonl, line 2: /step_index") == true)
    }

    static let limits: [(EpisodeLimits, DatasetLimits)] = [
        (EpisodeLimits(lineBytesMax: 50), .standard), (EpisodeLimits(episodesMax: 0), .standard),
        (EpisodeLimits(partsMax: 0), .standard), (.standard, DatasetLimits(stepsMax: 2, valuesMax: 99)),
        (.standard, DatasetLimits(stepsMax: 9, valuesMax: 8)),
    ]

    @Test(arguments: limits.indices) func keepsToTheLimits(_ row: Int) throws {
        let files = [("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0.jsonl", EpisodeText.steps(3))]
        let (limits, dataset) = Self.limits[row]
        let error = #expect(throws: TrainingError.self) { try read(files, limits: limits, holding: dataset) }
        #expect(error?.code == .datasetTooLarge)
        let enough = EpisodeLimits(lineBytesMax: 200, metadataBytesMax: 100, episodesMax: 1, partsMax: 1)
        #expect(try read(files, limits: enough, holding: DatasetLimits(stepsMax: 3, valuesMax: 9)).count == 1)
    }

    /// Files with the episodes of `EpisodeText.steps` in another format.
    static let formats: [Files] = [
        [("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0", EpisodeText.steps(3))],
        [("x", #"{"metadata": \#(EpisodeText.metadata("a")), "steps": ["# + EpisodeText.list(3) + "]}")],
        [("x", "{\n\"steps\": [\n" + EpisodeText.list(3) + "],\n\"metadata\": \(EpisodeText.metadata("a"))\n}\n")],
        [("x", #"{"metadata": \#(EpisodeText.metadata("a"))}"# + "\n" + EpisodeText.steps(3))],
    ]

    @Test(arguments: formats.indices) func readsEveryFormat(_ row: Int) throws {
        let episode = try #require(try read(Self.formats[row]).first)
        #expect(episode.identifier == "a")
        #expect(episode.observations == [0, 1, 1, 1, 2, 1] && episode.actions == [0, 2, 4])
    }

    @Test func namesRecordAndByte() throws {
        var bytes = try FileIO.read("\(Repository.root)/Tests/Fixtures/records/reach.tfrecord", bytesMax: 1 << 20)
        bytes[20_000] ^= 1
        var reader = EpisodeReader()
        let error = #expect(throws: TrainingError.self) { try reader.add(path: "x", bytes: bytes) }
        #expect(error?.code == .episodeSchema)
        #expect(error?.message.hasPrefix("x, record 2, byte 14256: ") == true)
    }

    /// The same episodes, written by TensorFlow Datasets in single precision and by us in some decimals, give the same
    /// batches but for what the decimals lack.
    @Test(arguments: ["reach.tfrecord", "reach.tfrecord.gz"]) func recordsTrainAsTheirTwins(name: String) throws {
        let twins = try Repository.episodes().filter { ["ep_00000", "ep_00001", "ep_00002"].contains($0.identifier) }
        var reader = EpisodeReader()
        let file = "\(Repository.root)/Tests/Fixtures/records/\(name)"
        try reader.add(path: "data", bytes: try FileIO.read(file, bytesMax: 1 << 20))
        let shape = ModelShape(
            batchSize: 2,
            windowSteps: 16,
            windowStrideSteps: 8,
            observationWidth: 64,
            targetWidth: 8
        )
        let (records, lines) = (
            try Dataset(episodes: try reader.finish(), shape: shape, seed: 7),
            try Dataset(episodes: twins, shape: shape, seed: 7)
        )
        #expect(records.trainingEpisodes == lines.trainingEpisodes)
        for epoch in 0..<2 {
            let order = records.order(epoch: epoch)
            #expect(order == lines.order(epoch: epoch))
            for index in 0..<records.batchesPerEpoch(of: 2) {
                let (own, twin) = (
                    records.trainingBatch(index, of: 2, in: order), lines.trainingBatch(index, of: 2, in: order)
                )
                try expectTwins(own, twin)
            }
        }
        try expectTwins(Array(records.validationBatches()), Array(lines.validationBatches()))
    }

    private func expectTwins(_ batches: [Batch], _ twins: [Batch]) throws {
        try #require(batches.count == twins.count)
        for (batch, twin) in zip(batches, twins) {
            #expect(batch.observationMask == twin.observationMask && batch.targetMask == twin.targetMask)
            #expect(batch.stepMask == twin.stepMask)
            for (own, other) in [(batch.observations, twin.observations), (batch.targets, twin.targets)] {
                let apart = zip(own, other).map { abs($0 - $1) }.max() ?? 0
                #expect(own.count == other.count && apart < 0.01, "\(apart) apart")
            }
        }
    }
}
