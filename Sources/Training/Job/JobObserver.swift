import SignalboxCore
import Wire

/// Follows a run for its job: keeps checkpoints, and the logs under `logs/<job_id>/`.
///
/// - `metrics.jsonl`: a line for each step (`step`, `epoch`, `loss`) and for each validation (`step`, `epoch`,
///   `training_loss`, `validation_loss`, and of classes `validation_accuracy` and `validation_mean_absolute_error`),
///   over all attempts; what an attempt did after its last checkpoint is replaced by what the next attempt does again.
/// - `metrics-attempt-<n>.jsonl`: the lines of an attempt that could not read those before it.
/// - a TensorBoard event file for each attempt.
/// - `trainer-attempt-<n>.log`: JSON lines.
/// - `run.json`, and W&B's run files where they are wanted (``RunTelemetry``).
actor JobObserver: TrainingObserver {
    /// The name of the metrics.
    static let metricsName = "metrics.jsonl"
    /// Bytes of an earlier attempt's metrics that are read back.
    static let metricsBytesMax = 256 << 20
    /// Bytes of metrics that still go ahead of the checkpoint of a run that is to stop: less than a second's upload.
    static let metricsAheadBytesMax = 8 << 20
    /// Writes of a log against other writers.
    static let writeTriesMax = 3
    /// From one upload of TensorBoard's events, the log and `run.json` to the next.
    static let logsEverySeconds = 300
    /// From one upload of W&B's run file to the next: it may have 256 MiB.
    static let runFileEverySeconds = 1800

    /// How grave a log line is (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity).
    enum Severity: String {
        case info = "INFO"
        case warning = "WARNING"
        case error = "ERROR"
    }

    private(set) var progress: Job.Progress?
    /// Whether the training uses accelerators; nil before that is known, and when it is over.
    var usesAccelerators: Bool?
    var telemetry: RunTelemetry

    let spec: JobSpec
    let surroundings: JobRun.Surroundings
    let lease: HeldLease
    let stop: StopSignal
    let eventsName: String
    private(set) var metrics: [UInt8] = []
    /// Whether the metrics of earlier attempts are there: before that nothing is written over them.
    private(set) var hasBegun = false
    private(set) var events: [UInt8]
    private(set) var lines: [UInt8] = []
    private(set) var beat: @Sendable () async throws -> Void = {}
    private var keeper: CheckpointKeeper?
    /// Where this attempt's metrics go.
    private(set) var metricsName = JobObserver.metricsName
    /// The generation of each log as this process knows it; another's would be lost by a write over it.
    var generations: [String: Int64] = [:]
    /// When what is no part of a checkpoint may be uploaded again.
    var logsPace = UploadPace(everySeconds: JobObserver.logsEverySeconds)
    var runFilePace = UploadPace(everySeconds: JobObserver.runFileEverySeconds)

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

    /// The object of an attempt's own metrics.
    static func ownMetricsName(attempt: Int) -> String { "metrics-attempt-\(attempt).jsonl" }

    /// How to ask for the lease anew when it is out, and who keeps the checkpoints.
    func connect(_ beat: @escaping @Sendable () async throws -> Void, _ keeper: CheckpointKeeper) {
        self.beat = beat
        self.keeper = keeper
    }

    /// Begins, with the metrics of earlier attempts up to the step that is gone on from. Where those cannot be read,
    /// they stay as they are, and this attempt's go to an object of its own.
    ///
    /// - Throws: `StoreError` where the store is away; `CancellationError`.
    func begin(totalSteps: Int, after step: Int) async throws {
        defer { track(after: step) }
        progress = step > 0 ? Job.Progress(step: step, totalSteps: totalSteps, loss: 0) : nil
        if step > 0, let earlier = try await earlierMetrics(before: step + 1) {
            let curve = try await EarlierCurve.read(earlier, upTo: step)
            metrics = curve.lines
            if let (step, loss) = curve.last {
                progress = Job.Progress(step: step, totalSteps: totalSteps, loss: loss)
            }
        }
        hasBegun = true
    }

    /// The metrics of earlier attempts; nil where there are none that can be read.
    private func earlierMetrics(before step: Int) async throws(StoreError) -> [UInt8]? {
        do throws(StoreError) {
            let name = surroundings.layout.log(jobID: spec.jobID, name: metricsName)
            let (earlier, known) = try await surroundings.objects.bytes(of: name, bytesMax: Self.metricsBytesMax)
            generations[metricsName] = known.generation
            return earlier
        } catch {
            guard !error.isTransient else { throw error }
            // A curve is no reason to fail a job.
            let own = Self.ownMetricsName(attempt: spec.attempt)
            guard metricsName != own else { return nil }
            guard error.code != .notFound else {
                log(.warning, "no metrics of earlier attempts, the curve begins at step \(step): \(error)")
                return nil
            }
            metricsName = own
            log(.warning, "\(Self.metricsName) stays as it is, the curve goes on in \(metricsName): \(error)")
            // An earlier process of the same attempt may have begun it.
            return try await earlierMetrics(before: step)
        }
    }

    /// A line of the trainer's log.
    func log(_ severity: Severity, _ message: String) {
        let line = line(severity, message)
        surroundings.console(line)
        lines += line.json.bytes + [UInt8(ascii: "\n")]
    }

    /// The last lines of the log, as people read them.
    var lastLines: [String] { TrainerLog.lastLines(of: lines) }

    /// The line of what ended the run; what the job is told of it has the last lines before that too.
    func log(_ failure: Job.Failure) -> Job.Failure {
        let told = failure.adding(lastLines)
        log(.error, failure.message)
        return told
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
        let numbers = line.numbers
        for (name, value) in numbers { scalar(name, value, line.step) }
        tell(numbers, step: line.step)
        report(of: totalSteps)
    }

    func didCheckpoint(_ checkpoint: TrainingCheckpoint) async throws { try await keeper?.keep(checkpoint) }

    nonisolated func stopRequested() -> Bool { stop.isRequested }

    func add(_ line: JSON) { metrics += Array(line.serialized().utf8) + [UInt8(ascii: "\n")] }

    func scalar(_ tag: String, _ value: Double, _ step: Int) {
        events += TensorBoardEvents.scalar(tag, Float(value), step: step, at: surroundings.clock.now())
    }
}
