import Wire

/// An attempt's offline run, as `wandb sync` takes it: `offline-run-<time>-<run id>/run-<run id>.wandb`. The run's id
/// is the job's: all attempts are one run.
struct WandBRunFile: Sendable {
    /// Bytes of one file; what comes after them is left out.
    static let bytesMax = 256 << 20

    /// The file below the folder of all runs.
    let name: String
    /// How the attempt ended, once it has.
    var ending: (status: RunStatus, time: Timestamp)?
    /// Whether something was left out.
    private(set) var isFull = false

    private let run: TrackedRun
    private var log = WandBLog()
    private var count = 0
    /// The numbers of the newest step: W&B takes a step once.
    private var pending: (step: Int, time: Timestamp, values: [(name: String, value: Double)])?
    private var last: [String: Double] = [:]

    init(_ run: TrackedRun, _ settings: WandBSettings, producer: String) {
        self.run = run
        let digits = run.startedAt.description.prefix(19).filter(\.isNumber)
        let time = "\(digits.prefix(8))_\(digits.dropFirst(8))"
        name = "offline-run-\(time)-\(run.jobID)/run-\(run.jobID).wandb"
        append { WandBRecord.header(producer: producer, number: $0) }
        append { WandBRecord.run(run, settings, number: $0) }
    }

    /// The file as it is now, with the numbers of the newest step and the attempt's end.
    var bytes: [UInt8] {
        var copy = self
        copy.flush()
        if let ending { copy.end(as: ending.status, at: ending.time) }
        return copy.log.bytes
    }

    /// Adds numbers.
    mutating func add(_ points: [MetricPoint]) {
        let system = points.filter(\.isOfSystem)
        if let first = system.first { append { WandBRecord.stats(system, at: first.time, number: $0) } }
        for point in points where !point.isOfSystem {
            // An older step is one that an attempt before has told of.
            if let step = pending?.step, point.step != step { flush() }
            if pending == nil { pending = (point.step, point.time, []) }
            pending?.values.removeAll { $0.name == point.name }
            pending?.values.append((point.name, point.value))
            last[point.name] = point.value
        }
    }

    private mutating func end(as status: RunStatus, at time: Timestamp) {
        let summary = last.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        append { WandBRecord.summary(summary, number: $0) }
        let seconds = Int((time - run.startedAt).components.seconds)
        append { WandBRecord.exit(code: status == .completed ? 0 : 1, seconds: seconds, number: $0) }
    }

    private mutating func flush() {
        guard let pending else { return }
        self.pending = nil
        append { WandBRecord.history(pending.values, step: pending.step, at: pending.time, number: $0) }
    }

    private mutating func append(_ make: (Int) -> [UInt8]) {
        guard log.bytes.count < Self.bytesMax else {
            isFull = true
            return
        }
        count += 1
        log.append(make(count))
    }
}
