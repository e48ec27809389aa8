import Glibc
import SignalboxCore
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("A dataset in the scratch folder") struct ScratchDatasetTests {
    typealias Files = [(path: String, text: String)]

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let vectors = ModelShape(
        batchSize: 2,
        windowSteps: 4,
        windowStrideSteps: 2,
        observationWidth: 64,
        targetWidth: 8
    )

    static let texts = ModelShape(
        batchSize: 2,
        windowSteps: 1,
        windowStrideSteps: 1,
        input: .text,
        observationWidth: 8,
        target: .classes,
        targetWidth: 5
    )

    /// A folder that holds so few numbers in memory, and counts the bytes that are written to it.
    private func scratch(_ valuesHeldMax: Int, _ written: Written) -> ScratchFolder {
        ScratchFolder(folder.path, valuesHeldMax: valuesHeldMax) { file, bytes, offset in
            written.bytes.withLock { $0 += bytes.count }
            // As a call that is interrupted: not all at once.
            return pwrite(file, bytes.baseAddress, min(bytes.count, 4099), offset)
        }
    }

    private final class Written: Sendable {
        let bytes = Mutex(0)
    }

    private func read(_ files: Files, _ columns: StepColumns, _ scratch: ScratchFolder = .standard) throws -> [Episode]
    {
        var reader = EpisodeReader(columns: columns, scratch: scratch)
        for file in files { try reader.add(path: file.path, bytes: Array(file.text.utf8)) }
        return try reader.finish()
    }

    /// All that training makes of episodes is the same, to the bit.
    private func expectTwins(_ held: [Episode], _ stored: [Episode], _ shape: ModelShape, _ columns: StepColumns) throws
    {
        #expect(held == stored)
        for seed: UInt64 in [0, 7] {
            let own = try Dataset(episodes: held, shape: shape, label: columns.label, seed: seed)
            let other = try Dataset(episodes: stored, shape: shape, label: columns.label, seed: seed)
            #expect(own.digest == other.digest && own.trainableStepCount == other.trainableStepCount)
            #expect(own.observationNormalisation == other.observationNormalisation)
            #expect(own.actionNormalisation == other.actionNormalisation)
            #expect(Array(own.trainingWindows) == Array(other.trainingWindows))
            #expect(Array(own.validationBatches()) == Array(other.validationBatches()))
            #expect(own.baselineLoss.bitPattern == other.baselineLoss.bitPattern)
            #expect(own.classBaseline == other.classBaseline)
            for epoch in 0..<2 {
                let order = own.order(epoch: epoch)
                #expect(order == other.order(epoch: epoch))
                for index in 0..<own.batchesPerEpoch(of: 4) {
                    #expect(
                        own.trainingBatch(index, of: 4, in: order) == other.trainingBatch(index, of: 4, in: order)
                    )
                }
            }
            let calibrations = try [(own, held), (other, stored)].map {
                try Calibration(of: $0.0, $0.1, .sample).files.map(\.bytes)
            }
            #expect(calibrations[0] == calibrations[1])
        }
    }

    @Test("trains as the fixtures in memory do", arguments: [0, 1000, 40_000]) func fixtures(valuesHeldMax: Int) throws
    {
        let written = Written()
        let stored = try Repository.episodes(scratch: scratch(valuesHeldMax, written))
        try expectTwins(try Repository.episodes(), stored, Self.vectors, .actions)
        // 1,229 steps of 43 numbers.
        #expect(written.bytes.withLock { $0 } >= 4 * 43 * 1229)
    }

    /// Episodes of one to four files, that come in any order; files and steps without an action at every place.
    private func vectors(_ generator: inout SplitMix64) -> Files {
        var files: Files = []
        for number in 0..<2 + generator.next(below: 5) {
            files.append(("e\(number)/metadata.json", EpisodeText.metadata("e\(number)")))
            var start = 0
            for part in 0..<1 + generator.next(below: 4) {
                let end = start + 1 + generator.next(below: 9)
                let firstAction = generator.next(below: 3) == 0 ? end : start + generator.next(below: 4)
                let lines = (start..<end).map { step in
                    let isIdle = step < firstAction || generator.next(below: 5) == 0
                    let action = isIdle ? nil : [Double(step), Double(number) - 0.3]
                    return EpisodeText.step(step, observation: [Double(step) * 0.7, 1, 2], action: action)
                }
                files.append(("e\(number)/steps/\(part)", lines.joined(separator: "\n")))
                start = end
            }
        }
        // One that has something to learn in any case.
        files.append(("z/metadata.json", EpisodeText.metadata("z")))
        files.append(("z/steps/0", EpisodeText.step(0, observation: [1, 2, 3], action: [4, 5])))
        return shuffled(files, &generator)
    }

    /// Episodes of texts, of steps with their own and without, and of all.
    private func texts(_ generator: inout SplitMix64) -> Files {
        var files: Files = []
        for number in 0..<2 + generator.next(below: 4) {
            let (name, isTold) = ("e\(number)", generator.next(below: 2) == 0)
            let own = #", "language_instruction": "all""#
            let metadata = #"{"schema_version": "1.1", "episode_id": "\#(name)"\#(isTold ? own : "")}"#
            files.append(("\(name)/metadata.json", metadata))
            var start = 0
            for part in 0..<1 + generator.next(below: 3) {
                let end = start + 1 + generator.next(below: 9)
                let lines = (start..<end).map { step in
                    let isUntold = isTold && generator.next(below: 2) == 0
                    let text = isUntold ? "" : #", "language_instruction": "s\#(step)""#
                    return #"{"step_index": \#(step)\#(text), "step_metadata": {"label": \#(step % 5)}}"#
                }
                files.append(("\(name)/steps/\(part)", lines.joined(separator: "\n")))
                start = end
            }
        }
        return shuffled(files, &generator)
    }

    private func shuffled(_ files: Files, _ generator: inout SplitMix64) -> Files {
        var files = files
        for last in stride(from: files.count - 1, to: 0, by: -1) {
            files.swapAt(last, generator.next(below: last + 1))
        }
        return files
    }

    @Test("trains as any other in memory does", arguments: 0..<24) func random(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let config = JobConfig(modelType: "ordinal")
        let labelled = try StepColumns(shape: Self.texts, config: config)
        let rows = [
            (vectors(&generator), Self.vectors, StepColumns.actions), (texts(&generator), Self.texts, labelled),
        ]
        for (files, shape, columns) in rows {
            let held = try read(files, columns)
            for valuesHeldMax in [0, 1, 10, 10 + generator.next(below: 100)] {
                let stored = try read(files, columns, scratch(valuesHeldMax, Written()))
                try expectTwins(held, stored, shape, columns)
            }
        }
    }

    @Test("joins what lies apart, and leaves what lies in one stretch where it is") func layout() throws {
        let rest = EpisodeText.steps(1, from: 2)
        let files: Files = [
            ("a/metadata.json", EpisodeText.metadata("a")), ("b/metadata.json", EpisodeText.metadata("b")),
            ("a/steps/0", EpisodeText.steps(2)), ("b/steps/0", EpisodeText.steps(2)), ("b/steps/1", rest),
            ("a/steps/1", EpisodeText.step(2, observation: [2, 1], action: nil)),
        ]
        // Three values a step; a's second file lies apart from its first, b's follow one another: 17 values as they
        // came, a's copied in one stretch of 9. Where each step is written by itself all are copied.
        for (valuesHeldMax, numbers) in [(100, 0), (17, 17 + 9), (0, 17 + 9 + 9)] {
            let written = Written()
            let episodes = try read(files, .actions, scratch(valuesHeldMax, written))
            #expect(episodes[0].observations == [0, 1, 1, 1, 2, 1] && episodes[0].actions == [0, 2, 0])
            #expect(episodes[1].observations == [0, 1, 1, 1, 2, 1] && episodes[1].actions == [0, 2, 4])
            #expect(written.bytes.withLock { $0 } == 4 * numbers)
        }
    }

    @Test("is written only once it is large, and a full folder names itself and TMPDIR") func full() throws {
        let files: Files = [("a/metadata.json", EpisodeText.metadata("a")), ("a/steps/0", EpisodeText.steps(40))]
        let full = { (valuesHeldMax: Int) -> ScratchFolder in
            ScratchFolder(folder.path, valuesHeldMax: valuesHeldMax) { _, _, _ in
                errno = ENOSPC
                return -1
            }
        }
        #expect(try read(files, .actions, full(120)).count == 1)
        let error = #expect(throws: FileIO.Failure.self) { try read(files, .actions, full(119)) }
        #expect(error?.path == folder.path && error?.problem.hasPrefix("No space left on device; ") == true)
        #expect(error?.problem.contains("TMPDIR") == true)
        let missing = ScratchFolder(folder.path + "/none", valuesHeldMax: 119)
        #expect(throws: FileIO.Failure.self) { try read(files, .actions, missing) }
    }

    @Test("counts the zeros in place of actions that there are not") func zeros() throws {
        let files: Files = [
            ("a/metadata.json", EpisodeText.metadata("a")),
            ("a/steps/0", EpisodeText.step(0, observation: [1], action: nil)),
            ("a/steps/1", EpisodeText.step(1, observation: [1], action: Array(repeating: 1, count: 50))),
        ]
        func read(valuesMax: Int) throws -> [Episode] {
            var reader = EpisodeReader(holding: DatasetLimits(stepsMax: 2, valuesMax: valuesMax))
            for file in files { try reader.add(path: file.path, bytes: Array(file.text.utf8)) }
            return try reader.finish()
        }
        let row = [Float](repeating: 0, count: 50) + [Float](repeating: 1, count: 50)
        #expect(try read(valuesMax: 102)[0].actions == StepNumbers(row))
        let error = #expect(throws: TrainingError.self) { try read(valuesMax: 101) }
        #expect(error?.code == .datasetTooLarge)
    }

    @Test("has the digest and the statistics that it always had, number by number") func reference() throws {
        let episodes = try Repository.episodes(scratch: scratch(1000, Written()))
        let dataset = try Dataset(episodes: episodes, shape: Self.vectors, seed: 7)
        var hash = SHA256()
        for episode in episodes {
            let sizes = "\(episode.stepCount) \(episode.observationWidth) \(episode.actionWidth)"
            hash.update(Array("\(episode.identifier.utf8.count) \(episode.identifier) \(sizes)\n".utf8))
            for numbers in [episode.observations, episode.actions] {
                hash.update(CalibrationSample.bytes(Array(numbers)))
            }
            hash.update(episode.trainable.map { $0 ? 1 : 0 })
        }
        #expect(hash.finalize() == dataset.digest)
        let training = episodes.filter { dataset.trainingEpisodes.contains($0.identifier) }
        for column in 0..<39 {
            let values = training.flatMap { episode in
                (0..<episode.stepCount).map { Double(episode.observations[$0 * 39 + column]) }
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviation = (squares / Double(values.count)).squareRoot()
            #expect(dataset.observationNormalisation?.mean[column].bitPattern == mean.bitPattern)
            let spread = deviation < 1e-6 ? 1 : deviation
            #expect(dataset.observationNormalisation?.spread[column].bitPattern == spread.bitPattern)
        }
    }
}
