import SignalboxCore
import Wire

/// What an upload came to.
struct UploadAnswer {
    let manifest: Manifest
    let archive: PackageUploader.Sent
    let envelope: PackageUploader.Sent
    /// The verified receipt, where it was waited for.
    var receipt: Receipt?

    /// A word for what became of it.
    private enum Outcome: String {
        /// In staging; nobody waited for the answer.
        case uploaded
        /// Verified, and a job was opened.
        case accepted
        /// Accepted before: nothing is trained again.
        case duplicate
        /// Refused for good.
        case rejected
    }

    private var outcome: Outcome {
        guard let receipt else { return .uploaded }
        guard receipt.status == .accepted else { return .rejected }
        // Nothing was written and yet it is accepted: it was before.
        return receipt.isDuplicate || !(archive.isNew || envelope.isNew) ? .duplicate : .accepted
    }

    /// Why it was refused.
    var refusal: CommandError? {
        guard let receipt, outcome == .rejected else { return nil }
        let code = receipt.code?.rawValue ?? "unknown code"
        return CommandError(.packageRefused, "\(code): \(receipt.message)")
    }

    /// The answer for people: the first word is the outcome.
    var lines: [String] {
        let job = receipt?.jobID ?? "no job"
        switch outcome {
        case .uploaded:
            let what = archive.isNew || envelope.isNew ? "uploaded" : "uploaded before: nothing was sent again"
            return ["\(what)  \(manifest.packageID)", archive.name.uri, envelope.name.uri]
        case .accepted: return ["accepted  \(job)"]
        case .duplicate: return ["accepted before; nothing is trained again  \(job)"]
        case .rejected: return ["refused  \(receipt?.code?.rawValue ?? "unknown code")"]
        }
    }

    /// The answer for programs.
    var json: JSON {
        [
            "package_id": .string(manifest.packageID),
            "robot_id": .string(manifest.robotID),
            "outcome": .string(outcome.rawValue),
            "archive": archive.json,
            "manifest": envelope.json,
            "receipt": receipt?.json ?? .null,
        ]
    }
}
