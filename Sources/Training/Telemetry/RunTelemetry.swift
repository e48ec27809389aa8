import SignalboxCore
import Wire

/// An attempt's telemetry: its record, its trackers, its run file, and how often people are told of it.
struct RunTelemetry: Sendable {
    /// A file beside the job's logs.
    typealias File = (name: String, contentType: String, bytes: [UInt8])

    /// Names of metrics that one line of a command may bring.
    static let namesMax = 100

    var record: RunRecord
    /// Whether the attempts before this one are in the record.
    var knowsEarlier = false

    private let settings: Telemetry
    private var feeds: [TrackerFeed] = []
    private var runFile: WandBRunFile?
    private var report = ProgressReport()

    init(spec: JobSpec, surroundings: JobRun.Surroundings) {
        settings = surroundings.telemetry
        record = RunRecord(
            spec: spec,
            provenance: settings.provenance,
            host: settings.host ?? HostDescription(name: surroundings.host),
            runner: surroundings.runner,
            startedAt: surroundings.clock.now()
        )
    }

    /// Begins to track.
    mutating func begin(firstStep: Int, warn: @escaping @Sendable (String) async -> Void) {
        record.firstStep = firstStep
        let run = tracked
        if let wandb = settings.wandb {
            runFile = WandBRunFile(run, wandb, producer: "signalbox-\(Provenance.trainerVersion)")
        }
        feeds = settings.trackers.map { TrackerFeed($0, clock: settings.clock, warn: warn) }
        for feed in feeds { feed.begin(run) }
    }

    /// Takes numbers over; never waits.
    ///
    /// - Returns: what is to be told.
    mutating func add(_ points: [MetricPoint]) -> String? {
        for feed in feeds { feed.add(points) }
        guard let wasFull = runFile?.isFull else { return nil }
        runFile?.add(points)
        guard runFile?.isFull == true, !wasFull else { return nil }
        return "the W&B run file is full at \(WandBRunFile.bytesMax) bytes: it ends before the run; training goes on"
    }

    /// What a person is told after a step, if it is time.
    mutating func line(
        _ progress: Job.Progress,
        of total: Int?,
        at now: Timestamp
    ) -> (message: String, members: JSON)? {
        report.line(step: progress.step, of: total, loss: progress.loss, attempt: record.spec.attempt, at: now)
    }

    /// Notes how the attempt ends.
    mutating func finish(as status: RunStatus, _ figures: RunFigures?, lastStep: Int?, at now: Timestamp) {
        record.status = status
        record.endedAt = now
        record.lastStep = lastStep
        if let figures { record.figures = figures }
        let wasFinished = runFile?.ending != nil
        runFile?.ending = (status, now)
        guard !wasFinished, let figures else { return }
        _ = add(Self.gates(figures, at: now))
    }

    /// Has the trackers take the rest, all at once, within a bounded time. They are told of a job that failed before
    /// its first step too.
    ///
    /// - Parameter status: nil where the job is another attempt's, which will tell.
    func end(as status: RunStatus?, warn: @escaping @Sendable (String) async -> Void) async {
        let run = tracked
        await withTaskGroup(of: Void.self) { group in
            for feed in feeds { group.addTask { await feed.end(as: status) } }
            guard feeds.isEmpty, let status, status == .failed else { return }
            for tracker in settings.trackers {
                let feed = TrackerFeed(tracker, clock: settings.clock, warn: warn)
                group.addTask { await feed.tell(run, endedAs: status) }
            }
        }
    }

    /// The record as it is written.
    var recordBytes: [UInt8] { Array((record.json.serialized(pretty: true) + "\n").utf8) }

    /// What lies beside the logs.
    ///
    /// - Parameter withRunFile: whether W&B's is among them, which may be large.
    func files(withRunFile: Bool) -> [File] {
        var files: [File] = []
        if knowsEarlier { files.append((RunRecord.fileName, "application/json", recordBytes)) }
        if withRunFile, let runFile {
            files.append(("wandb/" + runFile.name, "application/octet-stream", runFile.bytes))
        }
        return files
    }

    private var tracked: TrackedRun {
        var parameters: [String: String] = [:]
        if case .object(let members) = record.spec.config.json {
            for (name, value) in members { parameters[name] = value.stringValue ?? value.serialized() }
        }
        var tags = [
            "signalbox.package_id": record.spec.packageID,
            "signalbox.attempt": String(record.spec.attempt),
            "signalbox.manifest_sha256": record.spec.dataset.manifestDigest.hex,
            "signalbox.trainer_version": Provenance.trainerVersion,
            "signalbox.host": record.host.name,
        ]
        tags["mlflow.source.git.commit"] = record.provenance.gitSHA
        tags["signalbox.source_digest"] = record.provenance.sourceDigest?.hex
        tags["signalbox.program_sha256"] = record.programDigest
        tags["signalbox.platform"] = record.engine?.platform
        return TrackedRun(
            jobID: record.spec.jobID,
            attempt: record.spec.attempt,
            startedAt: record.startedAt,
            firstStep: record.firstStep,
            host: record.host.name,
            parameters: parameters,
            tags: tags
        )
    }

    private static func gates(_ figures: RunFigures, at now: Timestamp) -> [MetricPoint] {
        let all: [(String, Double?)] = [
            ("gate/initial_loss", figures.initialLoss), ("gate/final_loss", figures.finalLoss),
            ("gate/best_validation_loss", figures.bestValidationLoss), ("gate/baseline_loss", figures.baselineLoss),
            ("gate/accuracy", figures.classes?.accuracy), ("gate/baseline_accuracy", figures.baselineClasses?.accuracy),
            ("gate/mean_absolute_error", figures.classes?.meanAbsoluteError),
            ("gate/baseline_mean_absolute_error", figures.baselineClasses?.meanAbsoluteError),
        ]
        return all.compactMap { name, value in
            value.map { MetricPoint(name: name, value: $0, step: figures.steps, time: now) }
        }
    }
}
