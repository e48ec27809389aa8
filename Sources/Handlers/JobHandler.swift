public import CloudEvents
public import SignalboxCore
import Wire

/// Takes the written document's name from the event, and attends to its job.
public struct JobHandler: EventHandler {
    private let controller: JobController

    /// The handler of a controller.
    public init(controller: JobController) { self.controller = controller }

    /// Handles one event.
    public func handle(_ event: IncomingEvent, log: EventLog) async -> EventAnswer {
        guard case .cloudEvent(let event) = event, event.type.hasPrefix("google.cloud.firestore.document.v1.") else {
            return .ignored
        }
        let data: DocumentEventData
        do { data = try event.documentData() } catch { return .unreadable(error) }
        // A deleted document needs nothing; what another collection's events do here is a matter of the trigger.
        guard let document = data.value, document.path == Job.path(of: document.id) else {
            return .ignored
        }
        do {
            let outcome = try await controller.attend(document.id)
            if let problem = outcome.problem { log.write(.warning, problem, labels: ["job_id": document.id]) }
            return answer(outcome)
        } catch {
            return answer(error, jobID: document.id, log)
        }
    }

    private func answer(_ outcome: JobController.Outcome) -> EventAnswer {
        let code = outcome.decisions.last?.rawValue ?? JobDecision.ignored.rawValue
        if let seconds = outcome.tryAgainSeconds { return .tryAgain(code: code, afterSeconds: seconds) }
        return .done([
            "code": .string(code),
            "decisions": .array(outcome.decisions.map { .string($0.rawValue) }),
            "job_id": .string(outcome.job.id),
            "phase": .string(outcome.job.phase.rawValue),
            "attempt": .integer(Int64(outcome.job.attempt)),
        ])
    }

    private func answer(_ error: LedgerError, jobID: String, _ log: EventLog) -> EventAnswer {
        log.write(.warning, "\(error)", labels: ["job_id": jobID])
        if let seconds = error.tryAgainSeconds { return .tryAgain(code: error.code, afterSeconds: seconds) }
        guard case .malformed = error else { return .done(["code": .string(error.code), "job_id": .string(jobID)]) }
        return .refused(code: error.code, ["job_id": .string(jobID)])
    }
}
