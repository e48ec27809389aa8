import SignalboxCore
import Wire

/// Follows a run for its job: keeps checkpoints, and the logs under `logs/<job_id>/`.
///
/// - `metrics.jsonl`: a line for each step (`step`, `epoch`, `loss`) and for each validation (`step`, `epoch`,
///   `training_loss`, `validation_loss`, and of classes `validation_accuracy` and `validation_mean_absolute_error`),
///   over all attempts; what an attempt did after its last checkpoint is replaced by what the next attempt does again.
/// - a TensorBoard event file for each attempt.
/// - `trainer-attempt-<n>.log`: JSON lines.
/// - `run.json`, and W&B's run files where they are wanted (``RunTelemetry``).
actor JobObserver: TrainingObserver {
    /// Bytes of an earlier attempt's metrics that are read back.
    static let metricsBytesMax = 256 << 20
    /// Writes of the metrics against other writers.
    static let metricsTriesMax = 3

    /// How grave a log line is (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity).
    enum Severity: String {
        case info = "INFO"
        case warning = "WARNING"
        case error = "ERROR"
    }

    private(set) var progress: Job.Progress?
    /// Whether the training uses accelerators; nil before that is known.
    var usesAccelerators: Bool?
    var telemetry: RunTelemetry

    let spec: JobSpec
    let surroundings: JobRun.Surroundings
    private let lease: HeldLease
    private let stop: StopSignal
    private let eventsName: String
    private var metrics: [UInt8] = []
    /// Whether the metrics of earlier attempts are there: before that nothing is written over them.
    private(set) var hasBegun = false
    private var events: [UInt8]
    private var lines: [UInt8] = []
    private var beat: @Sendable () async throws -> Void = {}
    private var keeper: CheckpointKeeper?
    /// The generation of the metrics as this attempt knows them; another's would be lost by a write over it.
    private var metricsGeneration: Int64?

    init(spec: JobSpec, surroundings: JobRun.Surroundings, lease: HeldLease, stop: StopSignal) {
        self.spec = spec
        self.surroundings = surroundings
        self.lease = lease
        self.stop = stop
        let now = surroundings.clock.now()
        eventsName = TensorBoardEvents.fileName(at: now, host: "\(surroundings.host).attempt-\(spec.attempt)")
        events = TensorBoardEvents.fileVersion(at: now)
        telemetry = RunTelemetry(spec: spec, surroundings: surroundings)
    }

    /// How to ask for the lease anew when it is out, and who keeps the checkpoints.
    func connect(_ beat: @escaping @Sendable () async throws -> Void, _ keeper: CheckpointKeeper) {
        self.beat = beat
        self.keeper = keeper
    }

    /// Begins, with the metrics of earlier attempts up to the step that is gone on from.
    func begin(totalSteps: Int, after step: Int) async throws(StoreError) {
        defer { track(after: step) }
        progress = step > 0 ? Job.Progress(step: step, totalSteps: totalSteps, loss: 0) : nil
        guard step > 0 else {
            hasBegun = true
            return
        }
        do {
            let name = surroundings.layout.log(jobID: spec.jobID, name: "metrics.jsonl")
            let (earlier, known) = try await surroundings.objects.bytes(of: name, bytesMax: Self.metricsBytesMax)
            metricsGeneration = known.generation
            for line in earlier.split(separator: UInt8(ascii: "\n")) {
                guard let json = try? JSON(parsing: Array(line)), let at = json["step"]?.integerValue, at <= step else {
                    continue
                }
                metrics += line + [UInt8(ascii: "\n")]
                if let loss = try? JSONReader(json)["loss"].double() {
                    progress = Job.Progress(step: Int(at), totalSteps: totalSteps, loss: loss)
                }
            }
        } catch  where !error.isTransient {
            // A curve is no reason to fail a job.
            log(.warning, "no metrics of earlier attempts, the curve begins at step \(step + 1): \(error)")
        }
        hasBegun = true
    }

    /// A line of the trainer's log.
    func log(_ severity: Severity, _ message: String) {
        let line = line(severity, message)
        surroundings.console(line)
        lines += line.json.bytes + [UInt8(ascii: "\n")]
    }

    /// A line for whoever watches.
    func line(_ severity: Severity, _ message: String, _ more: [String: JSON] = [:]) -> ConsoleLine {
        let members: [String: JSON] = [
            "severity": .string(severity.rawValue),
            "message": .string(message),
            "time": .string(surroundings.clock.now().description),
            "labels": ["job_id": .string(spec.jobID), "attempt": .string(String(spec.attempt))],
        ]
        return ConsoleLine(json: .object(members.merging(more) { own, _ in own }))
    }

    func didTrain(_ progress: TrainingProgress) {
        self.progress = Job.Progress(step: progress.step, totalSteps: progress.totalSteps, loss: progress.loss)
        add([
            "step": .integer(Int64(progress.step)),
            "epoch": .integer(Int64(progress.epoch)),
            "loss": .double(progress.loss),
        ])
        scalar("loss/train", progress.loss, progress.step)
        tell([("loss/train", progress.loss)], step: progress.step)
        report(of: progress.totalSteps)
    }

    func didValidate(_ point: ValidationPoint) {
        let line: JSON = [
            "step": .integer(Int64(point.step)),
            "epoch": .integer(Int64(point.epoch)),
            "training_loss": .double(point.trainingLoss),
            "validation_loss": .double(point.validationLoss),
        ]
        add(line.merging(point.classes?.json(prefix: "validation") ?? [:]))
        scalar("loss/validation", point.validationLoss, point.step)
        var figures = [("loss/validation", point.validationLoss), ("epoch", Double(point.epoch))]
        if let classes = point.classes {
            let measured = [
                ("accuracy/validation", classes.accuracy),
                ("mean_absolute_error/validation", classes.meanAbsoluteError),
            ]
            for (tag, value) in measured { scalar(tag, value, point.step) }
            figures += measured
        }
        tell(figures, step: point.step)
    }

    /// A command has measured something.
    func didMeasure(_ line: CommandMetrics.Line, totalSteps: Int?) {
        let loss = line.loss ?? progress?.loss ?? .nan
        progress = Job.Progress(step: line.step, totalSteps: max(totalSteps ?? 0, line.step), loss: loss)
        add(line.json)
        if let loss = line.loss { scalar("loss/train", loss, line.step) }
        if let loss = line.validationLoss { scalar("loss/validation", loss, line.step) }
        tell(line.numbers, step: line.step)
        report(of: totalSteps)
    }

    func didCheckpoint(_ checkpoint: TrainingCheckpoint) async throws { try await keeper?.keep(checkpoint) }

    func stopRequested() -> Bool { stop.isRequested }

    /// Uploads all logs as they are now.
    ///
    /// - Returns: whether they were: false while nobody can say whether the job is still this attempt's.
    /// - Throws: ``Fenced`` where they are another attempt's by now; `StoreError`.
    @discardableResult
    func flush() async throws -> Bool {
        if let fence = stop.fence { throw Fenced(decision: fence) }
        guard try await mayWrite() else { return false }
        try await writeMetrics()
        try await readEarlierRecord()
        let logs: [RunTelemetry.File] = [
            (eventsName, "application/octet-stream", events),
            ("trainer-attempt-\(spec.attempt).log", "application/jsonl", lines),
        ]
        for (name, type, bytes) in logs + telemetry.files where !bytes.isEmpty {
            let name = surroundings.layout.log(jobID: spec.jobID, name: name)
            _ = try await surroundings.objects.write(name, .bytes(bytes), contentType: type, metadata: [:], if: .none)
        }
        return true
    }

    /// Uploads the logs a last time; that they cannot be is no reason to end otherwise.
    func flushAtEnd(as status: RunStatus) async {
        finish(as: status)
        do { try await flush() } catch { log(.warning, "logs: \(error)") }
    }

    /// Whether the job is this process's: for sure while its lease lasts, afterwards if the document says so.
    private func mayWrite() async throws -> Bool {
        if lease.isFresh { return true }
        do {
            try await beat()
            return true
        } catch let fence as Fenced {
            throw fence
        } catch {
            log(.warning, "nothing is written: no heartbeat was acknowledged for a lease: \(error)")
            return false
        }
    }

    /// The one file that all attempts write: what another attempt has made of it is not written over.
    private func writeMetrics() async throws {
        guard hasBegun, !metrics.isEmpty else { return }
        let name = surroundings.layout.log(jobID: spec.jobID, name: "metrics.jsonl")
        for _ in 0..<Self.metricsTriesMax {
            do throws(StoreError) {
                metricsGeneration = try await surroundings.objects.write(
                    name,
                    .bytes(metrics),
                    contentType: "application/jsonl",
                    metadata: [:],
                    if: metricsGeneration.map { .generation($0) } ?? .doesNotExist
                ).generation
                return
            } catch {
                guard error.code == .preconditionFailed else { throw error }
            }
            // An earlier attempt's, this one's own whose answer was lost, or one's that has taken over: the document
            // tells, and the job's holder writes its own.
            try await beat()
            metricsGeneration = try await surroundings.objects.metadataIfPresent(of: name)?.generation
        }
        log(.warning, "the metrics are written by another process again and again; they are kept for later")
    }

    func add(_ line: JSON) { metrics += Array(line.serialized().utf8) + [UInt8(ascii: "\n")] }

    func scalar(_ tag: String, _ value: Double, _ step: Int) {
        events += TensorBoardEvents.scalar(tag, Float(value), step: step, at: surroundings.clock.now())
    }
}
