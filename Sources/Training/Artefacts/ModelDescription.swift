public import SignalboxCore
public import Wire

/// What stands in `model.json` beside the parameters: all that is needed to run the model and to judge it.
public struct ModelDescription: Sendable {
    /// The document. Losses are mean squared errors of normalised actions, or negative log-likelihoods of classes.
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
            "input": Self.input(dataset),
            "output": Self.output(dataset, model),
            "normalised_max": .double(Normalisation.normalisedMax),
            "dataset": [
                "sha256": .string(dataset.digest.hex),
                "training_episodes": .array(dataset.trainingEpisodes.map(JSON.string)),
                "validation_episodes": .array(dataset.validationEpisodes.map(JSON.string)),
                "validation_held_out": .bool(dataset.isHeldOut),
                "trainable_steps": Self.number(dataset.trainableStepCount),
            ],
            "training": config.json,
            "metrics": Self.metrics(model),
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

    private static func input(_ dataset: Dataset) -> JSON {
        var members: [String: JSON] = [
            "name": "observations",
            "source": .string(dataset.observationSource.rawValue),
            "width": number(dataset.observationWidth),
        ]
        switch dataset.shape.input {
        case .numbers: members["normalisation"] = dataset.observationNormalisation?.json
        case .text: members["encoding"] = "UTF-8 bytes plus one, zero behind the end"
        case .image(let height, let width):
            members["encoding"] = "RGB, 0 to 255, rows from the top"
            members["height"] = number(height)
            members["width_pixels"] = number(width)
        }
        return .object(members)
    }

    private static func output(_ dataset: Dataset, _ model: TrainedModel) -> JSON {
        guard let label = dataset.label else {
            return [
                "name": "actions",
                "source": "action.command",
                "width": number(dataset.actionWidth),
                "normalisation": dataset.actionNormalisation?.json ?? .null,
            ]
        }
        let cutpoints = Cutpoints(model.parameters, classes: label.classes)?.values ?? []
        return [
            "name": "probabilities",
            "source": .string(label.path.description),
            "classes": number(label.classes),
            "cutpoints": .array(cutpoints.map(JSON.double)),
            "meaning": "P(class <= k) = 1 / (1 + exp(score - cutpoints[k])); predicted: the cutpoints below the score",
        ]
    }

    private static func metrics(_ model: TrainedModel) -> JSON {
        let losses: JSON = [
            "steps": number(model.steps),
            "final_loss": .double(model.finalLoss),
            "best_step": number(model.bestStep),
            "validation_loss": .double(model.bestValidationLoss),
            "baseline_loss": .double(model.baselineLoss),
        ]
        return losses.merging(model.classes?.json(prefix: "validation") ?? [:])
            .merging(model.baselineClasses?.json(prefix: "baseline") ?? [:])
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
            bundle.shape.target == .actions ? "action_width" : "classes": number(bundle.shape.targetWidth),
        ]
    }

    private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }
}
