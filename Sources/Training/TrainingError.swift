/// Why training, or reading and writing what belongs to it, failed.
public struct TrainingError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons; the raw value is the code in job documents, logs and metrics.
    public enum Code: String, Sendable, CaseIterable {
        /// No PJRT plugin at the path given. Run `deploy/local/fetch-plugin.sh` or set `SIGNALBOX_PJRT_PLUGIN`.
        case pluginMissing = "plugin_missing"
        /// The library is no PJRT plugin, or one of a version whose layouts are not known here.
        case pluginIncompatible = "plugin_incompatible"
        /// The plugin found no device, or could not start.
        case pluginFailed = "plugin_failed"
        /// The plugin does not compile a program.
        case compileFailed = "compile_failed"
        /// A compiled program failed, or a transfer to or from the device did.
        case executionFailed = "execution_failed"
        /// The engine holds no parameters yet, or lost them in a failed step. Initialise it or import a state.
        case engineNotInitialised = "engine_not_initialised"
        /// No programs in the folder given. Set `SIGNALBOX_PROGRAMS`.
        case programsMissing = "programs_missing"
        /// `signature.json` is not what this release reads.
        case signatureInvalid = "signature_invalid"
        /// The signature is well formed, and the programs or tensors do not fit it.
        case signatureMismatch = "signature_mismatch"
        /// A program's bytes are not those that the signature names.
        case programDigestMismatch = "program_digest_mismatch"
        /// An episode's metadata or step is not of the documented form.
        case episodeSchema = "episode_schema"
        /// Two episodes have one id.
        case episodeDuplicate = "episode_duplicate"
        /// Steps without metadata or metadata without steps.
        case episodeIncomplete = "episode_incomplete"
        /// More episodes, steps or numbers than ``DatasetLimits``, or the limits of reading, allow.
        case datasetTooLarge = "dataset_too_large"
        /// No step has an action to learn from.
        case noTrainableSteps = "no_trainable_steps"
        /// Vectors of different widths where one is needed, or wider ones than the model takes.
        case dimensionMismatch = "dimension_mismatch"
        /// The programs are of another model than the job's `model_type`.
        case modelTypeUnsupported = "model_type_unsupported"
        /// The model has no such preset.
        case presetUnknown = "preset_unknown"
        /// `model_type` is `command`, and the trainer has none. Set `SIGNALBOX_TRAINER_COMMAND`.
        case commandMissing = "command_missing"
        /// The command cannot be started.
        case commandFailed = "command_failed"
        /// A placeholder of the command's arguments that there is not, or that has no value.
        case argumentsInvalid = "arguments_invalid"
        /// The run or the session is over before a command's grace is. Lower `SIGNALBOX_COMMAND_GRACE_SECONDS`.
        case limitTooShort = "limit_too_short"
        /// What the command left is no model: no file, too many, too large, or folders.
        case outputInvalid = "output_invalid"
        /// The job wants more classes than the programs tell apart. Lower `classes`.
        case classesUnsupported = "classes_unsupported"
        /// The batch size is no multiple of the one that the programs are compiled for.
        case batchSizeUnsupported = "batch_size_unsupported"
        /// The loss is no finite number any more. Lower the learning rate.
        case trainingDiverged = "training_diverged"
        /// Bytes that are no safetensors file, or one over the limits.
        case safetensorsInvalid = "safetensors_invalid"
        /// A checkpoint that is damaged or incomplete.
        case checkpointInvalid = "checkpoint_invalid"
        /// An intact checkpoint of another dataset, configuration or program.
        case checkpointMismatch = "checkpoint_mismatch"

        /// What to do where the message is a plugin's own words, or tells only what does not fit; nil where messages
        /// say so themselves.
        var nextStep: String? {
            switch self {
            case .pluginFailed:
                "check that SIGNALBOX_PJRT_PLUGIN is the plugin of this machine's device, that the device's driver is "
                    + "there and that no other process holds it"
            case .compileFailed:
                "try the plugin that deploy/local/fetch-plugin.sh fetches; where memory has run out, a smaller preset"
            case .executionFailed:
                "where the device's memory has run out, end what else uses it or choose a smaller preset; else look at "
                    + "the driver's log"
            case .signatureMismatch: "take trainer and programs (SIGNALBOX_PROGRAMS) from one release"
            case .programDigestMismatch: "restore the folder of programs (SIGNALBOX_PROGRAMS) from the release"
            default: nil
            }
        }
    }

    /// The reason.
    public let code: Code
    /// What happened, for people, and what to do next where the code alone does not tell.
    public let message: String

    /// An error of one reason.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Code, message and what to do next in one line.
    public var description: String { "\(code.rawValue): \(message)" + (code.nextStep.map { "; \($0)" } ?? "") }
}
