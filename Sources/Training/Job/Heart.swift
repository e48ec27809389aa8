import SignalboxCore
import Wire

/// Reports to the job's document that the trainer lives, and learns from it when it must stop.
struct Heart: Sendable {
    let ledger: JobLedger
    let spec: JobSpec
    let runner: String
    let seconds: Int
    let clock: any Clock
    let lease: HeldLease
    let observer: JobObserver
    let keeper: CheckpointKeeper
    let stop: StopSignal

    /// One report.
    ///
    /// - Returns: the job as it is now.
    /// - Throws: ``Fenced`` where the document is not this attempt's; `LedgerError`.
    @discardableResult
    func beat() async throws -> Job {
        let progress = await observer.progress
        let sentAt = clock.now()
        let input = JobInput.heartbeat(
            attempt: spec.attempt,
            runner: runner,
            progress: progress,
            isFirst: !lease.wasHeld
        )
        let transition = try await ledger.apply(input, to: spec.jobID)
        switch transition.decision {
        case .heartbeat: break
        case .stopRequested: stop.request(.requested)
        default: throw Fenced(decision: transition.decision)
        }
        lease.renew(from: sentAt)
        return transition.job
    }

    /// Reports until it is cancelled. A store that cannot be reached is no reason to stop: the lease decides.
    func run() async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: .seconds(seconds))
                try await beat()
            } catch let fence as Fenced {
                return stop.fence(fence.decision)
            } catch is CancellationError {
                return
            } catch LedgerError.noSuchJob {
                // Somebody has deleted the document: nobody wants the model.
                return stop.fence(.ignored)
            } catch {
                await observer.log(.warning, "heartbeat: \(error)")
            }
            // The two stores fail apart: what could not be kept may be kept now.
            await keeper.retry()
        }
    }
}
