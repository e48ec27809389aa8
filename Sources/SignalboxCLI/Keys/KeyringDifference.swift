import SignalboxCore
import Wire

/// What a keyring changes against another, for whoever is to sign it.
struct KeyringDifference {
    /// A line for each change: `+` comes, `-` goes, `~` changes.
    let lines: [String]

    /// The difference to a keyring; nil: there is none yet.
    init(_ keyring: Keyring, from present: Keyring?) {
        let before = present ?? Keyring()
        var lines: [String] = []
        for name in Set(keyring.keys.keys).union(before.keys.keys).sorted() {
            switch (before.keys[name], keyring.keys[name]) {
            case (nil, let new?):
                lines.append("+ \(name): \(Self.parts(new).map { "\($0) \($1)" }.joined(separator: ", "))")
            case (_?, nil): lines.append("- \(name)")
            case (let old?, let new?): lines += Self.changes(old, new).map { "~ \(name): \($0)" }
            case (nil, nil): continue
            }
        }
        if present?.version != keyring.version {
            lines.append("~ version: \(present.map { "\($0.version)" } ?? "none") -> \(keyring.version)")
        }
        if present?.expiresAt != keyring.expiresAt {
            lines.append("~ expires: \(Self.text(present?.expiresAt)) -> \(Self.text(keyring.expiresAt))")
        }
        self.lines = lines
    }

    private static func changes(_ old: Keyring.Key, _ new: Keyring.Key) -> [String] {
        zip(parts(old), parts(new)).compactMap { old, new in
            old.1 == new.1 ? nil : "\(new.0) \(old.1) -> \(new.1)"
        }
    }

    /// All that a key says, in a fixed order.
    private static func parts(_ key: Keyring.Key) -> [(String, String)] {
        [
            ("public key", Base64.encode(key.publicKey)),
            ("environments", key.environments.sorted().joined(separator: " ")),
            ("robots", key.robots.sorted().joined(separator: " ")),
            ("from", key.notBefore.description),
            ("until", key.notAfter.description),
            ("revoked", text(key.revokedAt)),
        ]
    }

    private static func text(_ time: Timestamp?) -> String { time?.description ?? "never" }
}
