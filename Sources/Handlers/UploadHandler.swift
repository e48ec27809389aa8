public import CloudEvents
public import SignalboxCore
import Wire

/// Takes the finalised object's name from the event, and has its package judged.
public struct UploadHandler: EventHandler {
    /// How soon an undecided event may come again.
    static let tryAgainSeconds = 2

    private let intake: PackageIntake

    /// The handler of an intake.
    public init(intake: PackageIntake) { self.intake = intake }

    /// Handles one event.
    public func handle(_ event: IncomingEvent, log: EventLog) async -> EventAnswer {
        guard case .cloudEvent(let event) = event, event.type == "google.cloud.storage.object.v1.finalized" else {
            return .ignored
        }
        let object: ObjectName
        do {
            let data = JSONReader(try event.json())
            object = ObjectName(bucket: try data["bucket"].string(), name: try data["name"].string())
        } catch let error as EventError {
            return .unreadable(error)
        } catch {
            return .unreadable(code: "event_malformed", message: "\(error)")
        }
        do {
            let outcome = try await intake.judge(object)
            if outcome == .bucketNotAllowed {
                log.write(.warning, "\(object): not the staging bucket; see who sends such events")
            }
            return answer(outcome, object)
        } catch {
            log.write(.warning, "\(object): \(error)")
            let code = (error.cause as? KeyringError)?.code.rawValue ?? error.code.rawValue
            return .tryAgain(code: code, afterSeconds: Self.tryAgainSeconds)
        }
    }

    private func answer(_ outcome: IntakeOutcome, _ object: ObjectName) -> EventAnswer {
        var detail: [String: JSON] = ["code": .string(outcome.code), "object": .string(object.uri)]
        if let place = PackageLocation(of: object) {
            detail["package_id"] = .string(place.packageID)
            detail["robot_id"] = .string(place.robotID)
        }
        switch outcome {
        case .accepted(let jobID), .duplicate(let jobID): detail["job_id"] = .string(jobID)
        case .incomplete(let missing): detail["missing"] = .string(missing)
        case .rejected(let refusal):
            detail["message"] = .string(refusal.message)
            return .refused(code: refusal.code.rawValue, .object(detail))
        case .notAPackage, .bucketNotAllowed, .superseded: break
        }
        return .done(.object(detail))
    }
}
