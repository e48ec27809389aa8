import SignalboxCore
import Wire

/// What an upload came to.
struct UploadAnswer {
    let manifest: Manifest
    let archive: PackageUploader.Sent
    let envelope: PackageUploader.Sent
    /// The verified receipt, where it was waited for.
    var receipt: Receipt?

    /// What became of the robot's copy.
    enum LocalCopy {
        case kept
        /// Deleted, after an accepted receipt was verified: these files.
        case removed([String])
    }

    /// The robot's copy.
    var copy = LocalCopy.kept

    /// Whether the intake says that it has the package.
    var isAccepted: Bool { receipt?.status == .accepted }

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

    /// What is to be known of the robot's copy, for people.
    var note: String {
        switch (copy, outcome) {
        case (.removed(let files), _): "removed \(files.joined(separator: ", ")): the accepted receipt is verified"
        case (.kept, .accepted), (.kept, .duplicate):
            "the copy here is kept; the accepted receipt is verified, so it may go"
        case (.kept, .rejected): "the copy here is kept: the package was refused"
        case (.kept, .uploaded): "keep the copy here until `signalbox upload --wait` has verified an accepted receipt"
        }
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

    private var removed: [String] {
        guard case .removed(let files) = copy else { return [] }
        return files
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
            "removed": .array(removed.map(JSON.string)),
        ]
    }
}
