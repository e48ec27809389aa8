import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite struct TrainingLoopTests {
    private func dataset(_ engine: CountingEngine, seed: UInt64 = 0, steps: Int = 8) throws -> Dataset {
        let episodes = (0..<5).map { number in
            Episode(
                identifier: "e\(number)",
                observationWidth: 1,
                actionWidth: 1,
                observations: (0..<steps).map { Float($0 + number) },
                actions: (0..<steps).map { Float($0 * number) },
                trainable: Array(repeating: true, count: steps)
            )
        }
        return try Dataset(episodes: episodes, shape: engine.shape, seed: seed)
    }

    /// No time passes: what is due by steps is made.
    private func loop(_ engine: CountingEngine, _ config: JobConfig) throws -> TrainingLoop {
        try TrainingLoop(engine: engine, dataset: dataset(engine), config: config, seconds: { 0 })
    }

    private func config(epochs: Int = 3, checkpointEverySteps: Int = 5) -> JobConfig {
        JobConfig(epochs: epochs, batchSize: 2, learningRate: 0.01, checkpointEverySteps: checkpointEverySteps)
    }

    private func model(_ outcome: TrainingOutcome) throws -> TrainedModel { try #require(outcome.model) }

    @Test func trainsValidatesAndCheckpoints() async throws {
        let engine = CountingEngine()
        let loop = try loop(engine, config())
        let observer = RecordingObserver()
        let model = try model(try await loop.run(observer: observer))
        // Four episodes of eight steps give three windows each, two a batch.
        #expect(loop.totalSteps == 18 && model.steps == 18 && model.lossesMeasured == 18)
        #expect(await observer.losses.count == 18)
        #expect(await observer.points.map(\.step) == [6, 12, 18])
        #expect(await observer.points.map(\.epoch) == [1, 2, 3])
        #expect(await observer.checkpoints.map(\.step) == [5, 10, 15, 18])
        #expect(model.initialLoss == 1 && model.finalLoss == Double(Float(1) / 18))
    }

    @Test func largerBatchesComeInParts() async throws {
        let engine = CountingEngine()
        let config = JobConfig(epochs: 2, batchSize: 8, learningRate: 0.01)
        let loop = try loop(engine, config)
        #expect(loop.totalSteps == 4)
        _ = try model(try await loop.run(observer: RecordingObserver()))
        // Four episodes of three windows each: eight in four parts, the other four in two.
        #expect(await engine.partCounts == [4, 2, 4, 2])
        let error = #expect(throws: TrainingError.self) { try self.loop(engine, JobConfig(batchSize: 3)) }
        #expect(error?.code == .batchSizeUnsupported)
        #expect(error?.message.contains("take 2 windows at once") == true)
    }

    @Test func exportsTheBestValidationStep() async throws {
        let engine = CountingEngine(validationLoss: { abs(Double($0) - 12) + 1 })
        let loop = try loop(engine, config(epochs: 5))
        let model = try model(try await loop.run(observer: RecordingObserver()))
        #expect(model.bestStep == 12 && model.steps == 30)
        #expect(CountingEngine.count(model.parameters) == 12)
    }

    @Test func copyingTheBestParametersCountsAsCheckpointing() async throws {
        let now = Mutex(0.0)
        let engine = CountingEngine(
            trainingLoss: { step in
                now.withLock { $0 += 1 }
                return 1 / Float(step)
            },
            willExportParameters: { now.withLock { $0 += 2 } }
        )
        let loop = try TrainingLoop(
            engine: engine,
            dataset: dataset(engine),
            config: config(),
            seconds: { now.withLock { $0 } }
        )
        let observer = RecordingObserver()
        let model = try model(try await loop.run(observer: observer))
        // Eighteen steps of a second, and after each of three epochs a copy of two.
        #expect(model.checkpointing == CheckpointOverhead(seconds: 6, share: 0.25))
        #expect(model.bestStep == 18)
        // The ones of steps 10 and 15 wait.
        #expect(await observer.checkpoints.map(\.step) == [5, 18])
    }

    @Test func stopsWithACheckpointOfAllStepsDone() async throws {
        let engine = CountingEngine()
        let loop = try loop(engine, config())
        for (steps, saved) in [(0, []), (7, [5, 7]), (10, [5, 10])] {
            let observer = RecordingObserver(stopAfterSteps: steps)
            guard case .stopped = try await loop.run(observer: observer) else {
                Issue.record("it did not stop")
                return
            }
            #expect(await observer.checkpoints.last?.step == steps)
            // Before the first step there is nothing to keep but a fresh start.
            #expect(await observer.checkpoints.map(\.step).filter { $0 > 0 } == saved)
        }
    }

    @Test func aResumedRunEndsLikeOneNeverStopped() async throws {
        let engine = CountingEngine(validationLoss: { abs(Double($0) - 7) + 1 })
        let loop = try loop(engine, config())
        let whole = RecordingObserver()
        let expected = try model(try await loop.run(observer: whole))
        for stop in 1...17 {
            let first = RecordingObserver(stopAfterSteps: stop)
            _ = try await loop.run(observer: first)
            let parts = try #require(await first.checkpoints.last).encoded()
            let checkpoint = try TrainingCheckpoint(state: parts.state, description: JSONReader(parts.description))
            let second = RecordingObserver()
            let resumed = try model(try await loop.run(from: checkpoint, observer: second))
            #expect(await first.losses + second.losses == whole.losses)
            #expect(await first.points + second.points == whole.points)
            #expect(resumed.bestStep == expected.bestStep && resumed.parameters == expected.parameters)
            #expect(resumed.initialLoss == expected.initialLoss && resumed.finalLoss == expected.finalLoss)
        }
    }

    /// A batch in four parts, one in two, and again: the run is asked to stop in each part of each.
    @Test(arguments: [(1, 1), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3), (4, 1)])
    func aStepThatIsInterruptedIsDoneAgain(step: Int, part: Int) async throws {
        let config = JobConfig(epochs: 2, batchSize: 8, learningRate: 0.01, checkpointEverySteps: 1_000_000)
        let whole = RecordingObserver()
        let expected = try model(try await loop(CountingEngine(), config).run(observer: whole))
        let stop = StopSignal()
        let parts = Mutex(0)
        let engine = CountingEngine(didPart: { (at, done) in
            parts.withLock { $0 += 1 }
            if (at, done) == (step, part) { stop.request(.terminated) }
        })
        let first = RecordingObserver(stop: stop)
        guard case .stopped = try await loop(engine, config).run(observer: first) else {
            Issue.record("it did not stop")
            return
        }
        // No part after the one in which it was asked.
        #expect(parts.withLock { $0 } == [4, 2, 4].prefix(step - 1).reduce(part, +))
        #expect(await first.losses == Array(whole.losses.prefix(step - 1)))
        let kept = try #require(await first.checkpoints.last)
        #expect(kept.step == step - 1 && CountingEngine.count(kept.state) == step - 1)
        let second = RecordingObserver()
        let resumed = try model(try await loop(CountingEngine(), config).run(from: kept, observer: second))
        #expect(await first.losses + second.losses == whole.losses)
        #expect(await first.points + second.points == whole.points)
        #expect(resumed.parameters == expected.parameters)
    }

    /// Three batches validate: the run is asked to stop in each of them of each epoch.
    @Test(arguments: 1...8) func aValidationThatWasCutOffIsDoneFirst(call: Int) async throws {
        let stop = StopSignal()
        let calls = Mutex(0)
        func engine(_ stop: StopSignal?) -> CountingEngine {
            CountingEngine(validationLoss: { step in
                if let stop,
                    calls.withLock({
                        $0 += 1; return $0
                    }) == call
                {
                    stop.request(.terminated)
                }
                return abs(Double(step) - 22) + 1
            })
        }
        func loop(_ engine: CountingEngine) throws -> TrainingLoop {
            let dataset = try self.dataset(engine, steps: 24)
            return try TrainingLoop(engine: engine, dataset: dataset, config: config(), seconds: { 0 })
        }
        let whole = RecordingObserver()
        let expected = try model(try await loop(engine(nil)).run(observer: whole))
        let first = RecordingObserver(stop: stop)
        guard case .stopped = try await loop(engine(stop)).run(observer: first) else {
            Issue.record("it did not stop")
            return
        }
        let parts = try #require(await first.checkpoints.last).encoded()
        let epoch = 22
        let done = call.isMultiple(of: 3) ? call / 3 : call / 3 + 1
        #expect(parts.description["step"] == .integer(Int64(done * epoch)))
        #expect(parts.description["validated_step"] == .integer(Int64(call / 3 * epoch)))
        #expect(await first.points.count == call / 3)
        let checkpoint = try TrainingCheckpoint(state: parts.state, description: JSONReader(parts.description))
        let second = RecordingObserver()
        let resumed = try model(try await loop(engine(nil)).run(from: checkpoint, observer: second))
        #expect(await first.losses + second.losses == whole.losses)
        #expect(await first.points + second.points == whole.points)
        #expect(resumed.bestStep == expected.bestStep && resumed.parameters == expected.parameters)
        #expect(resumed.bestValidationLoss == expected.bestValidationLoss)
        #expect(await second.checkpoints.last?.step == 3 * epoch)
    }

    @Test func aCheckpointThatDoesNotSayWhatWasMeasuredIsMeasured() async throws {
        let observer = RecordingObserver(stopAfterSteps: 6)
        _ = try await loop(CountingEngine(), config()).run(observer: observer)
        let parts = try #require(await observer.checkpoints.last).encoded()
        var members = try #require(parts.description.members)
        #expect(members["validated_step"] == 0)
        members["validated_step"] = nil
        let checkpoint = try TrainingCheckpoint(state: parts.state, description: JSONReader(.object(members)))
        #expect(checkpoint.run.validatedStep == 6)
    }

    @Test func aRunThatWasDoneGivesItsModelAgain() async throws {
        let engine = CountingEngine()
        let loop = try loop(engine, config())
        let observer = RecordingObserver()
        let expected = try model(try await loop.run(observer: observer))
        let again = try model(try await loop.run(from: observer.checkpoints.last, observer: RecordingObserver()))
        #expect(again.parameters == expected.parameters && again.lossesMeasured == 0)
        #expect(again.finalLoss == expected.finalLoss)
    }

    @Test func refusesCheckpointsOfOtherRuns() async throws {
        let engine = CountingEngine()
        let observer = RecordingObserver()
        _ = try await loop(engine, config()).run(observer: observer)
        let checkpoint = try #require(await observer.checkpoints.first)
        let other = try loop(engine, config(epochs: 4))
        let error = await #expect(throws: TrainingError.self) {
            try await other.run(from: checkpoint, observer: RecordingObserver())
        }
        #expect(error?.code == .checkpointMismatch)
        let often = try loop(engine, config(checkpointEverySteps: 1))
        _ = try await often.run(from: checkpoint, observer: RecordingObserver())
    }

    @Test func refusesDamagedCheckpoints() async throws {
        let engine = CountingEngine()
        let observer = RecordingObserver()
        _ = try await loop(engine, config()).run(observer: observer)
        let parts = try #require(await observer.checkpoints.last).encoded()
        var flipped = parts.state
        flipped[flipped.count - 1] ^= 1
        var members = try #require(parts.description.members)
        members["format"] = 2
        let rows: [([UInt8], JSON)] = [
            (flipped, parts.description), (Array(parts.state.dropLast()), parts.description), ([], parts.description),
            (parts.state, .null), (parts.state, .object(members)),
        ]
        for (state, description) in rows {
            let error = #expect(throws: TrainingError.self) {
                try TrainingCheckpoint(state: state, description: JSONReader(description))
            }
            #expect(error?.code == .checkpointInvalid)
        }
    }

    @Test func checkpointsNameTheirPlaceInTheData() async throws {
        let engine = CountingEngine()
        let loop = try loop(engine, config())
        let observer = RecordingObserver()
        _ = try await loop.run(observer: observer)
        let places = try await observer.checkpoints.map { try $0.encoded().description["data"] }
        // Six batches an epoch.
        let expected: [JSON?] = [
            ["seed": 0, "epoch": 0, "batch": 5], ["seed": 0, "epoch": 1, "batch": 4],
            ["seed": 0, "epoch": 2, "batch": 3], ["seed": 0, "epoch": 3, "batch": 0],
        ]
        #expect(places == expected)
        let parts = try #require(await observer.checkpoints.dropFirst().first).encoded()
        var members = try #require(parts.description.members)
        // One of before it was written down.
        members["data"] = nil
        let old = try TrainingCheckpoint(state: parts.state, description: JSONReader(.object(members)))
        _ = try await loop.run(from: old, observer: RecordingObserver())
    }

    /// Places of step 10, which is batch 4 of epoch 1.
    static let misplaced: [(JSON, isForeign: Bool)] = [
        (["seed": 0, "epoch": 0, "batch": 4], false), (["seed": 0, "epoch": 1, "batch": 3], true),
        (["seed": 0, "epoch": 2, "batch": 4], false), (["seed": 0, "epoch": 3, "batch": 4], false),
        (["seed": 0, "epoch": 1, "batch": 10], false), (["seed": 0, "epoch": 1, "batch": -1], false),
        (["seed": 1, "epoch": 1, "batch": 4], true), (["seed": 0, "epoch": 1], false), ("1/4", false),
    ]

    @Test(arguments: misplaced.indices) func refusesCheckpointsOfAnotherPlaceInTheData(_ row: Int) async throws {
        let engine = CountingEngine()
        let loop = try loop(engine, config())
        let observer = RecordingObserver(stopAfterSteps: 10)
        _ = try await loop.run(observer: observer)
        let parts = try #require(await observer.checkpoints.last).encoded()
        var members = try #require(parts.description.members)
        members["data"] = Self.misplaced[row].0
        let description = JSONReader(.object(members))
        let error: TrainingError?
        if Self.misplaced[row].isForeign {
            // Well formed, and of no step of this run.
            let checkpoint = try TrainingCheckpoint(state: parts.state, description: description)
            error = await #expect(throws: TrainingError.self) {
                try await loop.run(from: checkpoint, observer: RecordingObserver())
            }
        } else {
            error = #expect(throws: TrainingError.self) {
                try TrainingCheckpoint(state: parts.state, description: description)
            }
        }
        #expect(error?.code == .checkpointInvalid)
    }

    @Test func aLossThatIsNoNumberEndsTheRun() async throws {
        let engines = [
            CountingEngine(trainingLoss: { $0 == 4 ? .nan : 1 }), CountingEngine(validationLoss: { _ in .infinity }),
        ]
        for engine in engines {
            let loop = try loop(engine, config())
            let error = await #expect(throws: TrainingError.self) { try await loop.run(observer: RecordingObserver()) }
            #expect(error?.code == .trainingDiverged)
        }
    }

    @Test func refusesConfigurationsThatTheProgramsCannotDo() throws {
        let engine = CountingEngine()
        var wrongBatch = config()
        wrongBatch.batchSize = 3
        var wrongModel = config()
        wrongModel.modelType = "other"
        var wrongSeed = config()
        wrongSeed.seed = 1
        let rows: [(JobConfig, TrainingError.Code)] = [
            (wrongBatch, .batchSizeUnsupported), (wrongModel, .modelTypeUnsupported), (wrongSeed, .dimensionMismatch),
        ]
        for (config, code) in rows {
            let error = #expect(throws: TrainingError.self) {
                try TrainingLoop(engine: engine, dataset: dataset(engine), config: config)
            }
            #expect(error?.code == code)
        }
    }
}
