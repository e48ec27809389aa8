import SignalboxCore
import Testing
import Wire

@testable import Training

/// Each in a process of its own, whose memory nobody else uses.
@Suite("The memory of a dataset") struct DatasetMemoryTests {
    static let mebibyte = 1 << 20
    /// Numbers of a text, and steps of a mebibyte of them.
    private static let width = 256
    static let stepsOfMebibyte = mebibyte / 4 / width

    /// Lines whose text is 256 numbers each.
    private static func lines(_ steps: Range<Int>) -> [UInt8] {
        var text = ""
        for step in steps {
            text += #"{"step_index": \#(step), "language_instruction": "put \#(step)", "step_metadata": {"label": 1}}"#
            text += "\n"
        }
        return Array(text.utf8)
    }

    /// Adds an episode of so many mebibytes, a mebibyte at a time.
    static func add(_ name: String, mebibytes: Int, to reader: inout EpisodeReader) throws {
        try reader.add(path: "\(name)/metadata.json", bytes: Array(EpisodeText.metadata(name).utf8))
        reader.begin(ArchiveMember(path: "\(name)/steps/0", kind: .file, declaredSize: 0))
        for part in 0..<mebibytes {
            let lines = lines(part * stepsOfMebibyte..<(part + 1) * stepsOfMebibyte)
            try lines.withUnsafeBytes { try reader.data($0) }
        }
        try reader.end()
    }

    static let texts = ModelShape(
        batchSize: 64,
        windowSteps: 1,
        windowStrideSteps: 1,
        input: .text,
        observationWidth: width,
        target: .classes,
        targetWidth: 5
    )

    @Test("is a fraction of what it holds, in one long episode as in many") func reading() async {
        await #expect(processExitsWith: .success) {
            let columns = try StepColumns(shape: DatasetMemoryTests.texts, config: JobConfig(modelType: "ordinal"))
            let gauge = try MemoryGauge()
            var reader = EpisodeReader(columns: columns)
            for episode in 0..<16 {
                try DatasetMemoryTests.add("e\(episode)", mebibytes: episode == 0 ? 150 : 10, to: &reader)
                gauge.note()
            }
            let episodes = try reader.finish()
            gauge.note()
            let dataset = try Dataset(
                episodes: episodes,
                shape: DatasetMemoryTests.texts,
                label: columns.label,
                seed: 1
            )
            gauge.note()
            var order = EpochOrder(dataset: dataset, batchSize: 64)
            let batchCount = dataset.batchesPerEpoch(of: 64)
            for index in 0..<batchCount {
                #expect(dataset.batches(order.windows(index)).count == 1)
                if index.isMultiple(of: 50) { gauge.note() }
            }
            #expect(dataset.validationBatches().reduce(0) { sum, _ in sum + 1 } > 0)
            #expect(dataset.trainableStepCount == 300 * DatasetMemoryTests.stepsOfMebibyte)
            gauge.note()
            #expect(gauge.growth < 96 * DatasetMemoryTests.mebibyte, "\(gauge.growth) bytes")
        }
    }

    @Test("is that of a batch at a time in validation, however wide the programs are") func validation() async {
        await #expect(processExitsWith: .success) {
            // A batch of 8 MiB: eight steps of the programs' width.
            let gauge = try MemoryGauge()
            let engine = CountingEngine(
                observationWidth: 1 << 18,
                validationLoss: { _ in
                    gauge.note()
                    return 1
                }
            )
            let episodes = (0..<2).map { number in
                Episode(
                    identifier: "e\(number)",
                    observationWidth: 1,
                    actionWidth: 1,
                    observations: (0..<800).map(Float.init),
                    actions: (0..<800).map(Float.init),
                    trainable: Array(repeating: true, count: 800)
                )
            }
            let dataset = try Dataset(episodes: episodes, shape: engine.shape, seed: 0)
            // All its batches together are 200 MiB.
            #expect(dataset.validationWindows.count == 200)
            let config = JobConfig(epochs: 1, batchSize: 2, learningRate: 0.01)
            let loop = try TrainingLoop(engine: engine, dataset: dataset, config: config, seconds: { 0 })
            guard case .completed = try await loop.run(observer: RecordingObserver()) else {
                throw TrainingError(.executionFailed, "it stopped")
            }
            // Two that wait for training, one to validate, and as many again that the allocator keeps of each thread.
            #expect(gauge.growth < 16 * 8 * DatasetMemoryTests.mebibyte, "\(gauge.growth) bytes")
        }
    }
}
