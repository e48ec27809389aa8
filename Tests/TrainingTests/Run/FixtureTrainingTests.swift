import Foundation
import SignalboxCore
import Testing
import Wire

@testable import Training

extension OnTheDevice {
    /// The whole way on the fixtures' robot episodes, with the real engine.
    @Suite struct FixtureTrainingTests {
        private func loop(_ engine: XLAEngine, config: JobConfig) throws -> (TrainingLoop, Dataset) {
            let dataset = try Dataset(
                episodes: Repository.episodes(),
                shape: engine.shape,
                seed: UInt64(bitPattern: config.seed)
            )
            return (try TrainingLoop(engine: engine, dataset: dataset, config: config), dataset)
        }

        @Test(arguments: [0, 7] as [Int64]) func learnsFarBeyondTheBestConstant(seed: Int64) async throws {
            let engine = try Repository.engine()
            let config = JobConfig(epochs: 40, batchSize: 16, learningRate: 0.005, seed: seed)
            let (loop, dataset) = try loop(engine, config: config)
            let observer = RecordingObserver()
            let model = try #require(try await loop.run(observer: observer).model)
            #expect(model.bestValidationLoss < 0.2 * model.baselineLoss)
            #expect(model.baselineLoss > 0.5)
            #expect(dataset.trainingEpisodes.count == 19 && dataset.validationEpisodes.count == 5)
            #expect(await observer.losses.count == model.steps)
            // The exported parameters are those that the loss was measured with.
            var state = try await engine.exportState()
            for (index, tensor) in model.parameters.enumerated() { state[index] = tensor }
            try await engine.importState(state)
            var (sum, weight) = (0.0, 0.0)
            for batch in dataset.validationBatches() {
                let part = try await engine.evaluate(batch)
                (sum, weight) = (sum + part.lossSum, weight + part.weight)
            }
            #expect(abs(sum / weight - model.bestValidationLoss) < 1e-6)
            let description = ModelDescription(
                bundle: try ProgramBundle(folder: Repository.programs),
                dataset: dataset,
                config: config,
                model: model
            )
            let metrics = try #require(description.json["metrics"])
            #expect(metrics["validation_loss"] == .double(model.bestValidationLoss))
            #expect(metrics["baseline_loss"] == .double(model.baselineLoss))
        }

        @Test func lossesAreThoseOfTheSameProgramInJAX() async throws {
            let path = "\(Repository.root)/Tests/Reference/wavecore_losses.json"
            let reference = JSONReader(try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: path)))))
            let bundle = try ProgramBundle(folder: Repository.programs)
            #expect(
                try reference["program"].string() == bundle.codeDigests[.trainStep]?.hex,
                "run wavecore_losses.py again"
            )
            let config = JobConfig(
                batchSize: 16,
                learningRate: try reference["learning_rate"].double(),
                seed: try reference["seed"].integer()
            )
            let engine = try Repository.engine()
            let (loop, dataset) = try loop(engine, config: config)
            #expect(dataset.trainingWindows.count == (try reference["training_windows"].int()))
            #expect(dataset.validationWindows.count == (try reference["validation_windows"].int()))
            let expected = try reference["losses"].array().map { try $0.double() }
            #expect(expected.count == 50)
            let observer = RecordingObserver(stopAfterSteps: expected.count)
            _ = try await loop.run(observer: observer)
            let losses = await observer.losses
            #expect(losses.count == expected.count)
            for (step, (found, wanted)) in zip(losses, expected).enumerated() {
                #expect(abs(found - wanted) <= 1e-4 * wanted, "step \(step): \(found), JAX has \(wanted)")
            }
            var (sum, weight) = (0.0, 0.0)
            for batch in dataset.validationBatches() {
                let part = try await engine.evaluate(batch)
                (sum, weight) = (sum + part.lossSum, weight + part.weight)
            }
            let wanted = try reference["validation_loss"].double()
            #expect(abs(sum / weight - wanted) <= 1e-3 * wanted)
        }

        @Test func resumingInAnotherEngineGivesTheSameLosses() async throws {
            let config = JobConfig(epochs: 4, batchSize: 16, learningRate: 0.005, seed: 7, checkpointEverySteps: 10)
            let (first, _) = try loop(try Repository.engine(), config: config)
            let whole = RecordingObserver()
            let expected = try #require(try await first.run(observer: whole).model)
            let parts = try #require(await whole.checkpoints.first).encoded()
            let checkpoint = try TrainingCheckpoint(state: parts.state, description: JSONReader(parts.description))
            #expect(checkpoint.step == 10)
            let (second, _) = try loop(try Repository.engine(), config: config)
            let rest = RecordingObserver()
            let resumed = try #require(try await second.run(from: checkpoint, observer: rest).model)
            let losses = await whole.losses
            #expect(await rest.losses == Array(losses[10...]))
            #expect(resumed.parameters == expected.parameters)
            #expect(resumed.bestValidationLoss == expected.bestValidationLoss)
        }

        /// An epoch is a batch of four parts and one of three; a step of each is interrupted before one of its parts.
        @Test(arguments: [1, 2, 3]) func aStepThatWasGivenUpIsDoneAgainInAnotherEngine(part: Int) async throws {
            let config = JobConfig(epochs: 4, batchSize: 64, learningRate: 0.005, seed: 7)
            let (loop, dataset) = try loop(try Repository.engine(), config: config)
            try #require(dataset.trainingBatch(0, of: 64, in: dataset.order(epoch: 0)).count == 4)
            let whole = RecordingObserver()
            let expected = try #require(try await loop.run(observer: whole).model)
            // Asked before the first step and each of its parts, and again.
            let first = RecordingObserver(stopAfterQuestions: part)
            guard case .stopped = try await loop.run(observer: first) else {
                Issue.record("it did not stop")
                return
            }
            #expect(await first.losses.isEmpty)
            let untouched = try #require(await first.checkpoints.last)
            #expect(try await untouched == loop.firstCheckpoint())
            let later = RecordingObserver(stopAfterQuestions: 5 + part)
            guard case .stopped = try await loop.run(from: untouched, observer: later) else {
                Issue.record("it did not stop")
                return
            }
            let checkpoint = try #require(await later.checkpoints.last)
            #expect(checkpoint.step == 1)
            let (other, _) = try self.loop(try Repository.engine(), config: config)
            let rest = RecordingObserver()
            let resumed = try #require(try await other.run(from: checkpoint, observer: rest).model)
            #expect(await later.losses + rest.losses == whole.losses)
            #expect(resumed.parameters == expected.parameters)
        }

        @Test func anEpochThatWasNotMeasuredIsMeasuredInAnotherEngine() async throws {
            let config = JobConfig(epochs: 3, batchSize: 16, learningRate: 0.005, seed: 7)
            let (loop, _) = try loop(try Repository.engine(), config: config)
            let whole = RecordingObserver()
            let expected = try #require(try await loop.run(observer: whole).model)
            // Asked to stop as the second of three epochs ends.
            let first = RecordingObserver(stopAfterSteps: loop.totalSteps * 2 / 3)
            guard case .stopped = try await loop.run(observer: first) else {
                Issue.record("it did not stop")
                return
            }
            #expect(await first.points.count == 1)
            let checkpoint = try #require(await first.checkpoints.last)
            let (other, _) = try self.loop(try Repository.engine(), config: config)
            let rest = RecordingObserver()
            let resumed = try #require(try await other.run(from: checkpoint, observer: rest).model)
            #expect(await first.points + rest.points == whole.points)
            #expect(resumed.parameters == expected.parameters)
        }
    }
}
