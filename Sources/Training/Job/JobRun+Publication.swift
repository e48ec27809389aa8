import SignalboxCore
import Wire

extension JobRun {
    /// How long a trained model waits for stores that are away: training it again would take longer.
    static let publicationSecondsMax: Int64 = 3600

    /// From one try to the next of a run that is to stop.
    private static let publicationLook = Duration.seconds(2)

    /// What is published.
    struct Publication: Sendable {
        let figures: RunFigures
        let files: [ModelPublisher.File]
        let environmentID: String
        let trainingSeconds: Duration
        /// One time for all tries: a manifest that is there already is then the same.
        let createdAt: Timestamp
    }

    /// Publishes a model that is trained, unless the attempt is asked to end and its time is over before: what it has
    /// kept is the whole training then, and the next attempt publishes it.
    func publishInTime(
        _ observer: JobObserver,
        _ keeper: CheckpointKeeper,
        _ stop: StopSignal,
        _ make: @escaping @Sendable () async throws -> Publication
    ) async throws -> Ending {
        do {
            return try await stop.inTime {
                let publication = try await stop.whileOwn {
                    _ = try await keeper.settle()
                    return try await make()
                }
                return try await publishPatiently(publication, observer, stop)
            }
        } catch is OutOfTime {
            await observer.log(.warning, "no time is left to publish the model")
            return try await stepDown(keptStep: await keeper.keptStep, observer, stop)
        }
    }

    /// Publishes the model and completes the job; where a store is away, again at each heartbeat.
    private func publishPatiently(
        _ publication: Publication,
        _ observer: JobObserver,
        _ stop: StopSignal
    ) async throws -> Ending {
        await observer.trainingIsOver()
        let deadline = publication.createdAt + .seconds(Self.publicationSecondsMax)
        while true {
            do {
                return try await publish(publication, observer, stop)
            } catch {
                guard let outage = Outage(error), surroundings.clock.now() < deadline else { throw error }
                await observer.log(.warning, "the model waits for its stores: \(outage.error)")
            }
            let (clock, seconds) = (surroundings.clock, surroundings.heartbeatSeconds)
            do { try await stop.cancelling { try await clock.sleep(for: .seconds(seconds)) } } catch is Interrupted {
                // The stores may be back by now, and as long as there is time.
                try await clock.sleep(for: Self.publicationLook)
            }
        }
    }

    private func publish(
        _ publication: Publication,
        _ observer: JobObserver,
        _ stop: StopSignal
    ) async throws -> Ending {
        let publisher = ModelPublisher(
            objects: surroundings.objects,
            registry: ModelRegistry(documents: surroundings.documents, clock: surroundings.clock),
            ledger: ledger,
            layout: surroundings.layout,
            key: surroundings.modelKey,
            keyID: Self.modelKeyID,
            runner: surroundings.runner
        )
        let result = try await stop.whileOwn { try await upload(publication, by: publisher, observer) }
        // Not broken off by a fence: the ledger knows whose the job is, and one that is completed fences, too.
        let transition = try await publisher.register(result, spec: spec)
        guard transition.job.phase == .completed, transition.job.attempt == spec.attempt else {
            stop.fence(transition.decision)
            return .fenced(transition.decision)
        }
        return .completed(result)
    }

    /// Uploads the logs and the model under a reserved version.
    private func upload(
        _ publication: Publication,
        by publisher: ModelPublisher,
        _ observer: JobObserver
    ) async throws -> TrainingResult {
        let reservation = try await publisher.reserve(environmentID: publication.environmentID, spec: spec)
        let figures = publication.figures
        let result = TrainingResult(
            modelURI: reservation.uri,
            modelName: reservation.name,
            modelVersion: reservation.version,
            finalLoss: figures.finalLoss,
            initialLoss: figures.initialLoss,
            bestValidationLoss: figures.bestValidationLoss,
            bestStep: figures.bestStep,
            baselineLoss: figures.baselineLoss,
            validationAccuracy: figures.classes?.accuracy,
            validationMeanAbsoluteError: figures.classes?.meanAbsoluteError,
            baselineAccuracy: figures.baselineClasses?.accuracy,
            baselineMeanAbsoluteError: figures.baselineClasses?.meanAbsoluteError,
            steps: figures.steps,
            trainingTimeSeconds: publication.trainingSeconds / .seconds(1)
        )
        // The logs are whole before the job says that it is over.
        await observer.finish(as: .completed, figures)
        await observer.log(.info, "trained \(figures.steps) steps, publishing \(reservation.uri)")
        guard try await observer.flush() else { throw JobObserver.unknownOwner }
        try await publisher.upload(
            publication.files,
            as: reservation,
            spec: spec,
            createdAt: publication.createdAt
        ) {
            guard try await observer.mayWrite() else { throw JobObserver.unknownOwner }
        }
        return result
    }
}

/// A store was away: the same call may work later.
struct Outage {
    let error: StoreError

    /// Nil for any other error.
    init?(_ error: any Error) {
        switch error {
        case LedgerError.store(let error) where error.isTransient: self.error = error
        case let error as StoreError where error.isTransient: self.error = error
        default: return nil
        }
    }
}
