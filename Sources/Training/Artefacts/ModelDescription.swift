public import SignalboxCore
public import Wire

/// What stands in `model.json` beside the parameters: all that is needed to run the model and to judge it.
public struct ModelDescription: Sendable {
    /// The document. Losses are mean squared errors of normalised actions.
    public let json: JSON

    /// The name of the document.
    public static let fileName = "model.json"
    /// The name of the parameters' file.
    public static let parametersFileName = "model.safetensors"

    /// Describes what a run made.
    public init(bundle: ProgramBundle, dataset: Dataset, config: JobConfig, model: TrainedModel) {
        json = [
            "format": 1,
            "architecture": Self.architecture(bundle),
            "input": [
                "name": "observations",
                "source": .string(dataset.observationSource.rawValue),
                "width": Self.number(dataset.observationWidth),
                "normalisation": dataset.observationNormalisation.json,
            ],
            "output": [
                "name": "actions",
                "source": "action.command",
                "width": Self.number(dataset.actionWidth),
                "normalisation": dataset.actionNormalisation.json,
            ],
            "normalised_max": .double(Normalisation.normalisedMax),
            "dataset": [
                "sha256": .string(dataset.digest.hex),
                "training_episodes": .array(dataset.trainingEpisodes.map(JSON.string)),
                "validation_episodes": .array(dataset.validationEpisodes.map(JSON.string)),
                "validation_held_out": .bool(dataset.isHeldOut),
                "trainable_steps": Self.number(dataset.trainableStepCount),
            ],
            "training": config.json,
            "metrics": [
                "steps": Self.number(model.steps),
                "final_loss": .double(model.finalLoss),
                "best_step": Self.number(model.bestStep),
                "validation_loss": .double(model.bestValidationLoss),
                "baseline_loss": .double(model.baselineLoss),
            ],
        ]
    }

    /// Describes what a training command made; a loss that it did not measure stays away.
    init(command spec: JobSpec, manifest: Manifest, metrics: CommandMetrics) {
        let figures = metrics.figures
        var measured: [String: JSON] = ["steps": Self.number(figures.steps)]
        measured["final_loss"] = figures.finalLoss.map(JSON.double)
        measured["best_step"] = figures.bestStep.map(Self.number)
        measured["validation_loss"] = figures.bestValidationLoss.map(JSON.double)
        json = [
            "format": 1,
            "architecture": ["name": .string(spec.config.modelType)],
            "dataset": [
                "package_id": .string(manifest.packageID),
                "manifest_sha256": .string(spec.dataset.manifestDigest.hex),
            ],
            "training": spec.config.json,
            "metrics": .object(measured),
        ]
    }

    private static func architecture(_ bundle: ProgramBundle) -> JSON {
        [
            "name": .string(bundle.model),
            "preset": .string(bundle.preset),
            "programs_sha256": .string(bundle.digest.hex),
            "parameter_count": number(bundle.parameterCount),
            "batch_size": number(bundle.shape.batchSize),
            "window_steps": number(bundle.shape.windowSteps),
            "observation_width": number(bundle.shape.observationWidth),
            "action_width": number(bundle.shape.actionWidth),
        ]
    }

    private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }
}
