public import Wire

/// A training job: the document `training_jobs/{job_id}` (`docs/job-document.md`).
public struct Job: Sendable, Equatable {
    /// The collection of job documents.
    public static let collection = "training_jobs"

    /// Where a job stands; finer than ``Status``.
    public enum Phase: String, Sendable, CaseIterable {
        /// Waits to be claimed.
        case pending
        /// An attempt is claimed: its launch may be under way, or was cut short.
        case launching
        /// The tier has taken the run; the trainer has not reported yet.
        case launched
        /// The trainer reports.
        case running
        /// Done: the model is registered.
        case completed
        /// Over without a model.
        case failed

        /// What the public contract calls it.
        public var status: Status {
            switch self {
            case .pending, .launching, .launched: .pending
            case .running: .running
            case .completed: .completed
            case .failed: .failed
            }
        }

        /// Whether nothing can follow.
        public var isTerminal: Bool { self == .completed || self == .failed }
    }

    /// The `status` of the public contract.
    public enum Status: String, Sendable, CaseIterable {
        /// Waits, or is being started.
        case pending
        /// The trainer reports.
        case running
        /// Done.
        case completed
        /// Over without a model.
        case failed
    }

    /// Who may act for the job, and until when without a word.
    public struct Lease: Sendable, Equatable {
        /// A launcher's id, or the run's name.
        public var holder: String
        /// When it runs out.
        public var expiresAt: Timestamp
        /// Since when the tier could not be reached, once the lease had run out.
        public var tierSilentSince: Timestamp?

        /// A lease of its parts.
        public init(holder: String, expiresAt: Timestamp, tierSilentSince: Timestamp? = nil) {
            self.holder = holder
            self.expiresAt = expiresAt
            self.tierSilentSince = tierSilentSince
        }
    }

    /// How far the trainer is.
    public struct Progress: Sendable, Equatable {
        /// Steps done.
        public var step: Int
        /// Steps in all.
        public var totalSteps: Int
        /// The training loss of the last step.
        public var loss: Double

        /// Progress of its parts.
        public init(step: Int, totalSteps: Int, loss: Double) {
            self.step = step
            self.totalSteps = totalSteps
            self.loss = loss
        }

        /// Equal where they are written the same: a loss that is no number is not a change from look to look.
        public static func == (left: Progress, right: Progress) -> Bool {
            left.step == right.step && left.totalSteps == right.totalSteps
                && (left.loss == right.loss || (left.loss.isNaN && right.loss.isNaN))
        }
    }

    /// An attempt that was given up, and why.
    public struct Recovery: Sendable, Equatable {
        /// When.
        public var at: Timestamp
        /// Which attempt.
        public var attempt: Int
        /// Why.
        public var cause: RecoveryCause
        /// What was seen.
        public var evidence: String

        /// A recovery of its parts.
        public init(at: Timestamp, attempt: Int, cause: RecoveryCause, evidence: String) {
            self.at = at
            self.attempt = attempt
            self.cause = cause
            self.evidence = evidence
        }
    }

    /// Why a job failed.
    public struct Failure: Sendable, Equatable {
        /// Which kind.
        public var code: JobFailureCode
        /// For people.
        public var message: String

        /// A failure of its parts.
        public init(_ code: JobFailureCode, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The job's id: the last part of the document's path.
    public var id: String
    /// The package it trains on.
    public var packageID: String
    /// The robot that sent it.
    public var robotID: String
    /// How to train.
    public var config: JobConfig
    /// The verified bytes.
    public var dataset: DatasetReference
    /// Where it stands.
    public var phase: Phase
    /// The attempt under way or last made, from 1; 0 before the first.
    public var attempt: Int
    /// Who may act; nil when nobody does.
    public var lease: Lease?
    /// Where it runs.
    public var tier: String?
    /// What the tier calls the run.
    public var handle: String?
    /// How far the trainer is.
    public var progress: Progress?
    /// Attempts that were given up.
    public var recoveries: [Recovery]
    /// What was made.
    public var result: TrainingResult?
    /// Why it failed.
    public var failure: Failure?
    /// Whether somebody asked to stop it.
    public var cancelRequested: Bool
    /// When it was opened; never changes.
    public var createdAt: Timestamp
    /// When it last changed; strictly advances.
    public var updatedAt: Timestamp

    /// A job that waits to be claimed.
    public init(
        packageID: String,
        robotID: String,
        config: JobConfig,
        dataset: DatasetReference,
        now: Timestamp
    ) {
        id = JobID.derive(packageID: packageID, config: config)
        self.packageID = packageID
        self.robotID = robotID
        self.config = config
        self.dataset = dataset
        phase = .pending
        attempt = 0
        recoveries = []
        cancelRequested = false
        createdAt = now.truncatedToMicroseconds
        updatedAt = now.truncatedToMicroseconds
    }

    /// The document's path.
    public var path: String { Self.path(of: id) }

    /// The path of a job's document.
    public static func path(of id: String) -> String { "\(collection)/\(id)" }
}

/// Why an attempt was given up while the job goes on.
public enum RecoveryCause: String, Sendable, CaseIterable {
    /// The tier says that the run is gone.
    case runGone = "run_gone"
    /// The run ended without a result.
    case runEnded = "run_ended"
    /// Neither the trainer nor the tier could be heard for a whole lease.
    case silent
    /// The provider took the machine back; the trainer stopped in order.
    case preempted
    /// The tier refused the launch for now.
    case launchRefused = "launch_refused"
}

/// Why a job failed: closed, stable. `docs/errors.md` says what to do about each.
public enum JobFailureCode: String, Sendable, CaseIterable {
    /// Somebody asked for it.
    case cancelled
    /// Too many attempts were lost.
    case attemptsExhausted = "attempts_exhausted"
    /// The tier refuses the run for good.
    case launchFailed = "launch_failed"
    /// The dataset holds nothing to train on.
    case noTrainableSteps = "no_trainable_steps"
    /// The dataset is not what the manifest says, or cannot be read as episodes.
    case datasetInvalid = "dataset_invalid"
    /// The config does not fit the model.
    case configInvalid = "config_invalid"
    /// The engine could not be started or failed on a step.
    case engineFailed = "engine_failed"
    /// The loss is no finite number any more.
    case diverged
    /// The model could not be registered.
    case registrationFailed = "registration_failed"
}

/// Verified bytes, pinned to their generations.
public struct DatasetReference: Sendable, Equatable {
    /// The archive.
    public var archive: ObjectName
    /// Its generation.
    public var archiveGeneration: Int64
    /// The manifest's envelope.
    public var manifest: ObjectName
    /// Its generation.
    public var manifestGeneration: Int64
    /// The SHA-256 of the envelope: what was verified at intake is what is trained on.
    public var manifestDigest: Digest

    /// A reference of its parts.
    public init(
        archive: ObjectName,
        archiveGeneration: Int64,
        manifest: ObjectName,
        manifestGeneration: Int64,
        manifestDigest: Digest
    ) {
        self.archive = archive
        self.archiveGeneration = archiveGeneration
        self.manifest = manifest
        self.manifestGeneration = manifestGeneration
        self.manifestDigest = manifestDigest
    }
}

/// What a training made: the `result` of a job document.
public struct TrainingResult: Sendable, Equatable {
    /// The registered version: `gs://…/models/<name>/v<k>/`.
    public var modelURI: String
    /// The model's name.
    public var modelName: String
    /// The version.
    public var modelVersion: Int
    /// The training loss of the last step.
    public var finalLoss: Double
    /// The training loss of the first step.
    public var initialLoss: Double
    /// The lowest loss on the validation episodes: of the parameters that were exported.
    public var bestValidationLoss: Double
    /// The step of that loss.
    public var bestStep: Int
    /// The validation loss of the best constant prediction.
    public var baselineLoss: Double
    /// Steps done.
    public var steps: Int
    /// Seconds of training, of this attempt.
    public var trainingTimeSeconds: Double

    /// A result of its parts.
    public init(
        modelURI: String,
        modelName: String,
        modelVersion: Int,
        finalLoss: Double,
        initialLoss: Double,
        bestValidationLoss: Double,
        bestStep: Int,
        baselineLoss: Double,
        steps: Int,
        trainingTimeSeconds: Double
    ) {
        self.modelURI = modelURI
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.finalLoss = finalLoss
        self.initialLoss = initialLoss
        self.bestValidationLoss = bestValidationLoss
        self.bestStep = bestStep
        self.baselineLoss = baselineLoss
        self.steps = steps
        self.trainingTimeSeconds = trainingTimeSeconds
    }
}
