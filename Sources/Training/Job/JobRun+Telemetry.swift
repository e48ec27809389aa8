import SignalboxCore
import Wire

extension JobRun {
    /// Measures the machine until it is cancelled.
    func monitor(_ observer: JobObserver) async {
        guard let monitor = surroundings.telemetry.monitor else { return }
        await monitor.run(
            clock: surroundings.clock,
            usesAccelerators: { await observer.usesAccelerators },
            take: { await observer.didMeasureSystem($0) },
            warn: { await observer.log(.warning, $0) }
        )
    }
}

extension RunRecord.Engine {
    /// What an engine trains with.
    init(_ engine: any TrainingEngine, _ bundle: ProgramBundle, _ dataset: Dataset) {
        self.init(
            model: engine.model,
            preset: bundle.preset,
            programDigest: engine.programDigest,
            platform: engine.platform,
            deviceKind: engine.deviceKind,
            parameterCount: bundle.parameterCount,
            episodesDigest: dataset.digest.hex
        )
    }
}

extension JSON {
    /// The object with one more member.
    func adding(_ name: String, _ value: JSON) -> JSON {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}
