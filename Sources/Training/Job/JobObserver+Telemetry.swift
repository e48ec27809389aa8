import SignalboxCore
import Wire

extension JobObserver {
    /// What is trained, and with what: before the first step.
    func describe(_ manifest: Manifest, _ engine: RunRecord.Engine?) {
        telemetry.record.archiveDigest = manifest.archive.digest
        telemetry.record.engine = engine
        // A command does not say what it computes on: a machine with accelerators is there for them.
        usesAccelerators = engine.map { $0.platform != "cpu" } ?? true
    }

    /// What trains where it is a command.
    func describe(_ program: CommandProgram) { telemetry.record.command = program }

    /// Nothing is computed any more: what waits for its stores does not idle.
    func trainingIsOver() { usesAccelerators = nil }

    /// Begins to track, from the step that is gone on from.
    func track(after step: Int) {
        telemetry.begin(firstStep: step) { [weak self] in await self?.log(.warning, $0) }
    }

    /// Numbers for all who keep curves but the job's own logs.
    func tell(_ values: [(name: String, value: Double)], step: Int) {
        let now = surroundings.clock.now()
        let points = values.map { MetricPoint(name: $0.name, value: $0.value, step: step, time: now) }
        if let warning = telemetry.add(points) { log(.warning, warning) }
    }

    /// A line of progress, if it is time for one.
    func report(of total: Int?) {
        guard let progress, let line = telemetry.line(progress, of: total, at: surroundings.clock.now()) else { return }
        surroundings.console(self.line(.info, line.message, ["progress": line.members]))
    }

    /// The machine was measured.
    func didMeasureSystem(_ values: [(name: String, value: Double)]) {
        guard hasBegun, !values.isEmpty else { return }
        let step = progress?.step ?? telemetry.record.firstStep
        var members: [String: JSON] = ["step": .integer(Int64(step))]
        for (name, value) in values {
            members[name] = .double(value)
            scalar(name, value, step)
        }
        add(.object(members))
        tell(values, step: step)
    }

    /// Notes how the attempt ends, for the record and the run file.
    func finish(as status: RunStatus, _ figures: RunFigures? = nil) {
        telemetry.finish(as: status, figures, lastStep: progress?.step, at: surroundings.clock.now())
    }

    /// Has the trackers take the rest.
    func endTracking(as status: RunStatus?) async {
        let telemetry = telemetry
        await telemetry.end(as: status) { [weak self] in await self?.log(.warning, $0) }
    }

    /// Takes over what earlier attempts have told of themselves.
    func readEarlierRecord() async throws(StoreError) {
        let name = surroundings.layout.log(jobID: spec.jobID, name: RunRecord.fileName)
        do {
            let (bytes, known) = try await surroundings.objects.bytes(of: name, bytesMax: RunRecord.bytesMax)
            if let document = try? JSON(parsing: bytes) { telemetry.record.takeEarlier(document) }
            generations[RunRecord.fileName] = known.generation
        } catch {
            // One that is too long or damaged is begun anew.
            guard !error.isTransient, error.code != .permissionDenied else { throw error }
            generations[RunRecord.fileName] = try await surroundings.objects.metadataIfPresent(of: name)?.generation
        }
        telemetry.knowsEarlier = true
    }
}

extension RunStatus {
    /// Nil where the job is another attempt's by now.
    init?(_ ending: JobRun.Ending) {
        switch ending {
        case .completed: self = .completed
        case .preempted: self = .preempted
        // The job's end by a rule of its own, such as too many lost attempts.
        case .failed, .fenced(.failed): self = .failed
        case .ended, .unavailable: self = .ended
        case .fenced: return nil
        }
    }
}
