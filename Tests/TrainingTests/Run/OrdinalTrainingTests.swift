import SignalboxCore
import Testing
import Wire

@testable import Training

extension OnTheDevice {
    /// The whole way from files to a model of ordered classes, with each backbone.
    @Suite("Training of ordered classes") struct OrdinalTrainingTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let preset: String
            let epochs: Int
            let episodes: Int
            let steps: Int
            var testDescription: String { preset }
        }

        static let cases = [
            Case(preset: "development", epochs: 20, episodes: 10, steps: 40),
            Case(preset: "dense", epochs: 8, episodes: 10, steps: 40),
            Case(preset: "text", epochs: 6, episodes: 5, steps: 40),
            Case(preset: "image", epochs: 8, episodes: 5, steps: 16),
        ]

        private func loop(_ row: Case) throws -> (TrainingLoop, Dataset, ProgramBundle) {
            let config = JobConfig(
                modelType: "ordinal",
                preset: row.preset,
                epochs: row.epochs,
                learningRate: 0.005,
                checkpointEverySteps: 5
            )
            let (engine, bundle) = try Repository.ordinalEngine(preset: row.preset)
            let episodes = try LabelledEpisodes.read(
                row.preset,
                shape: engine.shape,
                config: config,
                episodes: row.episodes,
                steps: row.steps
            )
            let label = try StepColumns(shape: engine.shape, config: config).label
            let dataset = try Dataset(episodes: episodes, shape: engine.shape, label: label, seed: 0)
            let loop = try TrainingLoop(engine: engine, dataset: dataset, config: config, seconds: { 0 })
            return (loop, dataset, bundle)
        }

        @Test("beats the best constant by far, and goes on from a checkpoint bit for bit", arguments: cases)
        func learns(row: Case) async throws {
            let (first, dataset, bundle) = try loop(row)
            let whole = RecordingObserver()
            let model = try #require(try await first.run(observer: whole).model)
            #expect(model.bestValidationLoss < 0.7 * model.baselineLoss)
            let (classes, baseline) = (try #require(model.classes), try #require(model.baselineClasses))
            #expect(classes.accuracy > baseline.accuracy + 0.2)
            #expect(classes.meanAbsoluteError < baseline.meanAbsoluteError - 0.4)
            #expect(await whole.points.allSatisfy { $0.classes != nil })
            let description = ModelDescription(
                bundle: bundle,
                dataset: dataset,
                config: JobConfig(modelType: "ordinal", preset: row.preset),
                model: model
            ).json
            try check(description, model)

            let parts = try #require(await whole.checkpoints.first { $0.step == 10 }).encoded()
            let checkpoint = try TrainingCheckpoint(state: parts.state, description: JSONReader(parts.description))
            let (second, _, _) = try loop(row)
            let rest = RecordingObserver()
            let resumed = try #require(try await second.run(from: checkpoint, observer: rest).model)
            let losses = await whole.losses
            #expect(await rest.losses == Array(losses[10...]))
            #expect(resumed.parameters == model.parameters && resumed.classes == model.classes)
        }

        private func check(_ description: JSON, _ model: TrainedModel) throws {
            let output = try #require(description["output"])
            #expect(output["classes"] == 5 && output["source"] == "step_metadata.label")
            let cutpoints = try JSONReader(output)["cutpoints"].array().map { try $0.double() }
            #expect(cutpoints.count == 4 && cutpoints == cutpoints.sorted() && Set(cutpoints).count == 4)
            let count = model.parameters.reduce(0) { $0 + $1.bytes.count / 4 }
            #expect(description["architecture"]?["parameter_count"] == .integer(Int64(count)))
            #expect(description["architecture"]?["classes"] == 10)
            #expect(description["metrics"]?["validation_accuracy"] == (model.classes?.accuracy).map(JSON.double))
        }

        @Test("other classes are another run")
        func fingerprint() throws {
            func fingerprint(classes: Int) throws -> String {
                let (engine, _) = try Repository.ordinalEngine()
                let config = JobConfig(modelType: "ordinal", classes: classes)
                let episodes = try LabelledEpisodes.read(
                    "development",
                    shape: engine.shape,
                    config: config,
                    episodes: 3,
                    steps: 4
                )
                let label = try StepColumns(shape: engine.shape, config: config).label
                let dataset = try Dataset(episodes: episodes, shape: engine.shape, label: label, seed: 0)
                return try TrainingLoop(engine: engine, dataset: dataset, config: config).fingerprint
            }
            #expect(try fingerprint(classes: 5) != fingerprint(classes: 6))
        }
    }
}
