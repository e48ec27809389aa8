import SignalboxCore
import Wire

/// All that says what a run was: `logs/<job_id>/run.json`, one for all attempts of a job.
struct RunRecord: Sendable {
    /// The name of the document.
    static let fileName = "run.json"
    /// Bytes of an earlier attempt's.
    static let bytesMax = 4 << 20
    /// Attempts that it lists, the newest.
    static let attemptsMax = 100
    private static let format = 1

    /// What trains: the engine's programs and device, where they are the trainer's own.
    struct Engine: Sendable, Equatable {
        var model: String
        var preset: String
        var programDigest: String
        var platform: String
        var deviceKind: String
        var parameterCount: Int
        var episodesDigest: String
    }

    let spec: JobSpec
    let provenance: Provenance
    let host: HostDescription
    let runner: String
    let startedAt: Timestamp
    /// The digest of the archive, once the manifest is verified.
    var archiveDigest: Digest?
    var engine: Engine?
    /// What trains in the engine's place, once it was looked at.
    var command: CommandProgram?
    var firstStep = 0
    /// Attempts before this one, as they were told of.
    var earlier: [JSON] = []
    var status = RunStatus.running
    var endedAt: Timestamp?
    var lastStep: Int?
    var figures: RunFigures?

    var json: JSON {
        let attempts = (earlier + [attempt]).suffix(Self.attemptsMax)
        return [
            "format": Self.number(Self.format),
            "job_id": .string(spec.jobID),
            "package_id": .string(spec.packageID),
            "status": .string(status.rawValue),
            "started_at": attempts.first?["started_at"] ?? nil,
            "ended_at": endedAt.map { .string($0.description) } ?? nil,
            "git_sha": provenance.gitSHA.map(JSON.string) ?? nil,
            "source_digest": provenance.sourceDigest.map { .string($0.hex) } ?? nil,
            "trainer_version": .string(Provenance.trainerVersion),
            "dataset": dataset,
            "seed": .integer(spec.config.seed),
            "program": program,
            "device": device,
            "hyperparameters": spec.config.json,
            "metrics": metrics,
            "host": host.json,
            "attempts": .array(Array(attempts)),
        ]
    }

    /// What is the same however often the run is made anew: the part that stands in `model.json`.
    var summary: JSON {
        [
            "job_id": .string(spec.jobID),
            "git_sha": provenance.gitSHA.map(JSON.string) ?? nil,
            "source_digest": provenance.sourceDigest.map { .string($0.hex) } ?? nil,
            "trainer_version": .string(Provenance.trainerVersion),
            "manifest_sha256": .string(spec.dataset.manifestDigest.hex),
            "seed": .integer(spec.config.seed),
            "device": device,
        ]
    }

    /// Earlier attempts from the document that they left. One that never said how it ended was lost.
    mutating func takeEarlier(_ document: JSON) {
        guard case .array(let all)? = document["attempts"] else { return }
        earlier = all.filter { $0["attempt"]?.integerValue != Int64(spec.attempt) || $0["runner"] != .string(runner) }
            .map {
                guard case .object(var members) = $0, members["status"] == .string(RunStatus.running.rawValue) else {
                    return $0
                }
                members["status"] = .string(RunStatus.lost.rawValue)
                return .object(members)
            }
    }

    /// SHA-256 of what trains: the engine's programs, or a command's.
    var programDigest: String? { engine?.programDigest ?? command?.digest?.hex }

    private var attempt: JSON {
        [
            "attempt": Self.number(spec.attempt),
            "runner": .string(runner),
            "host": .string(host.name),
            "status": .string(status.rawValue),
            "started_at": .string(startedAt.description),
            "ended_at": endedAt.map { .string($0.description) } ?? nil,
            "first_step": Self.number(firstStep),
            "last_step": lastStep.map(Self.number) ?? nil,
        ]
    }

    private var dataset: JSON {
        [
            "manifest_sha256": .string(spec.dataset.manifestDigest.hex),
            "archive_sha256": archiveDigest.map { .string($0.hex) } ?? nil,
            "archive_uri": .string(spec.dataset.archive.uri),
            "archive_generation": .string(String(spec.dataset.archiveGeneration)),
            "episodes_sha256": engine.map { .string($0.episodesDigest) } ?? nil,
        ]
    }

    private var program: JSON {
        let digest = programDigest.map(JSON.string) ?? nil
        guard let engine else {
            let members: JSON = ["model": .string(spec.config.modelType), "preset": nil, "sha256": digest]
            return command.map { members.adding("files", $0.json) } ?? members
        }
        return [
            "model": .string(engine.model),
            "preset": .string(engine.preset),
            "sha256": digest,
            "parameter_count": Self.number(engine.parameterCount),
        ]
    }

    private var device: JSON {
        [
            "plugin": engine == nil ? nil : provenance.plugin.map(JSON.string) ?? nil,
            "platform": engine.map { .string($0.platform) } ?? nil,
            "kind": engine.map { .string($0.deviceKind) } ?? nil,
        ]
    }

    private var metrics: JSON {
        guard let figures else { return nil }
        func double(_ value: Double?) -> JSON { value.map(JSON.double) ?? nil }
        let losses: JSON = [
            "steps": Self.number(figures.steps),
            "initial_loss": double(figures.initialLoss),
            "final_loss": double(figures.finalLoss),
            "best_step": figures.bestStep.map(Self.number) ?? nil,
            "best_validation_loss": double(figures.bestValidationLoss),
            "baseline_loss": double(figures.baselineLoss),
            "checkpoint_seconds": double(figures.checkpointing?.seconds),
            "checkpoint_share": double(figures.checkpointing?.share),
        ]
        return losses.merging(figures.classes?.json(prefix: "validation") ?? [:])
            .merging(figures.baselineClasses?.json(prefix: "baseline") ?? [:])
    }

    private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }
}
