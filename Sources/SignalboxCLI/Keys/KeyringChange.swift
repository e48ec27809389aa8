import SignalboxCore
import Wire

/// What a change of a keyring came to.
struct KeyringChange {
    /// Where there are roots: how many signed, and how many must.
    struct Signatures {
        let count: Int
        let threshold: Int

        var areEnough: Bool { count >= threshold }
    }

    /// What was written: the keyring, or its draft.
    let path: String
    let keyring: Keyring
    let signatures: Signatures?

    /// For people.
    var line: String {
        guard let signatures else { return "\(path): version \(keyring.version), not signed" }
        let count = "\(signatures.count) of \(signatures.threshold) signatures"
        return "\(path): version \(keyring.version), \(count)"
            + (signatures.areEnough ? "" : "; it counts when `signalbox keys sign` has added the others")
    }

    /// For programs.
    var members: [String: JSON] {
        [
            "keyring": .string(path),
            "version": .integer(keyring.version),
            "expires_at": keyring.expiresAt.map { .string($0.description) } ?? .null,
            "signatures": signatures.map { .integer(Int64($0.count)) } ?? .null,
            "threshold": signatures.map { .integer(Int64($0.threshold)) } ?? .null,
            "complete": .bool(signatures?.areEnough ?? true),
        ]
    }
}
