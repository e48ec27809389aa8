import SignalboxCore
import Wire

/// A key of a keyring as people and programs see it.
struct KeyView {
    /// What a key may do now.
    enum State: String {
        /// It may sign.
        case active
        /// Its time has not begun.
        case pending
        /// Its time is over.
        case expired
        /// Nothing it ever signed is accepted.
        case revoked
    }

    let key: Keyring.Key
    let state: State

    init(_ key: Keyring.Key, now: Timestamp) {
        self.key = key
        if let revokedAt = key.revokedAt, revokedAt <= now {
            state = .revoked
        } else if now < key.notBefore {
            state = .pending
        } else {
            state = now < key.notAfter ? .active : .expired
        }
    }

    /// The environments, sorted.
    var environments: String { key.environments.sorted().joined(separator: ", ") }

    /// The robots, sorted.
    var robots: String { key.robots.sorted().joined(separator: ", ") }

    /// `robot-7 for reach until 2027-01-01T00:00:00Z`, with its robots where it is not for all.
    var line: String {
        let robots = key.robots == [Keyring.anyRobot] ? "" : ", robot \(robots),"
        return "\(key.keyID) for \(environments)\(robots) until \(key.notAfter)"
    }

    /// For programs.
    var members: [String: JSON] {
        [
            "key_id": .string(key.keyID),
            "environments": .array(key.environments.sorted().map(JSON.string)),
            "robots": .array(key.robots.sorted().map(JSON.string)),
            "not_before": .string(key.notBefore.description),
            "not_after": .string(key.notAfter.description),
            "revoked_at": key.revokedAt.map { .string($0.description) } ?? .null,
            "state": .string(state.rawValue),
        ]
    }

    /// The keys of a keyring as a table, sorted by name.
    static func table(_ keyring: Keyring, now: Timestamp) -> [String] {
        var table = Table("KEY", "STATE", "ENVIRONMENTS", "ROBOTS", "FROM", "UNTIL", "REVOKED")
        for view in all(keyring, now: now) {
            let key = view.key
            table.add(
                key.keyID,
                view.state.rawValue,
                view.environments,
                view.robots,
                key.notBefore.description,
                key.notAfter.description,
                key.revokedAt?.description ?? "-"
            )
        }
        return table.lines
    }

    /// The keys of a keyring, sorted by name.
    static func all(_ keyring: Keyring, now: Timestamp) -> [KeyView] {
        keyring.keys.values.sorted { $0.keyID < $1.keyID }.map { KeyView($0, now: now) }
    }
}
