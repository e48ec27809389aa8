import SignalboxCore
import Testing
import Wire

@testable import Training

extension OnTheDevice {
    /// A job of ordered classes from its document to the model's files, with the real programs.
    @Suite("A job of ordered classes") struct OrdinalJobTests {
        private static let config = JobConfig(modelType: "ordinal", epochs: 6, learningRate: 0.01)

        private func run(_ world: TrainerWorld) async throws -> JobRun.Ending {
            try await world.run(makeEngine: { config in
                let (engine, bundle) = try Repository.ordinalEngine(preset: config.preset)
                return (engine, bundle)
            })
        }

        private func text(_ name: ObjectName, in world: TrainerWorld) async throws -> String {
            String(decoding: try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes, as: UTF8.self)
        }

        @Test("registers a model that says its classes, cutpoints and measures")
        func completes() async throws {
            let world = try await TrainerWorld(Self.config)
            guard case .completed(let result) = try await run(world) else {
                Issue.record("it failed: \(try await world.job().failure?.message ?? "")")
                return
            }
            #expect(result.modelName == "lab-3-ordinal")
            let baseline = try #require(result.baselineLoss)
            #expect(baseline > 1 && baseline < 2)
            let model = try await text(
                TrainerWorld.layout.model(result.modelName, version: 1, file: ModelDescription.fileName),
                in: world
            )
            let json = JSONReader(try JSON(parsing: Array(model.utf8)))
            #expect(try json["output"]["cutpoints"].array().count == 4)
            #expect(try (0...1).contains(json["metrics"]["validation_accuracy"].double()))
            #expect(try json["metrics"]["baseline_mean_absolute_error"].double() > 0)
            #expect(try json["metrics"]["validation_accuracy"].double() == result.validationAccuracy)
            #expect(try json["metrics"]["baseline_mean_absolute_error"].double() == result.baselineMeanAbsoluteError)
            #expect(try await world.job().result == result)
            let metrics = try await text(
                TrainerWorld.layout.log(jobID: world.jobID, name: "metrics.jsonl"),
                in: world
            )
            #expect(metrics.contains(#""validation_mean_absolute_error":"#))
        }

        @Test("fails with what is wrong with its classes")
        func refuses() async throws {
            for (classes, code) in [(11, JobFailureCode.configInvalid), (4, .datasetInvalid)] {
                var config = Self.config
                config.classes = classes
                let world = try await TrainerWorld(config)
                guard case .failed(let failure) = try await run(world) else {
                    Issue.record("it did not fail")
                    return
                }
                #expect(failure.code == code, "\(failure.message)")
            }
        }
    }
}
