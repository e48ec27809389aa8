import SignalboxCore
import Wire

/// The receipt beside a package, as far as it can be checked without asking anybody.
enum ReceiptCheck {
    /// There is none.
    case missing
    /// There is one, and nobody said which key must have signed it.
    case unchecked
    /// The intake signed it, for this package.
    case verified(Receipt)

    /// Looks into a package's folder.
    ///
    /// - Throws: ``Refusal`` for a receipt that the key did not sign, `wrong_place` for another package's,
    ///   `archive_digest` for one of another archive.
    init(folder: String, manifest: Manifest, key: Ed25519PublicKey?) throws {
        let path = "\(folder)/\(PackageLocation.receiptName)"
        guard Paths.exists(path) else {
            self = .missing
            return
        }
        guard let key else {
            self = .unchecked
            return
        }
        let receipt = try Receipt(verifying: FileIO.read(path, bytesMax: Receipt.envelopeBytesMax), key: key)
        do { try receipt.check(isOf: manifest) } catch { throw Refusal(error.code, "\(path): \(error.message)") }
        self = .verified(receipt)
    }

    /// For people.
    var line: String {
        switch self {
        case .missing: "receipt  none"
        case .unchecked: "receipt  not checked: name the intake's public key with --receipt-key"
        case .verified(let receipt):
            "receipt  \(receipt.status.rawValue) at \(receipt.decidedAt), signed by the intake"
                + (receipt.code.map { ": \($0.rawValue)" } ?? "")
        }
    }

    /// For programs.
    var json: JSON {
        switch self {
        case .missing: return .null
        case .unchecked: return ["verified": false]
        case .verified(let receipt):
            guard case .object(let members) = receipt.json else { return .null }
            return .object(members.merging(["verified": true]) { $1 })
        }
    }
}
