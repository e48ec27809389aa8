import Wire

/// Makes delivery as bad as it is allowed to be: every event twice, each copy late by an amount drawn from a seed, so
/// that copies of different events overtake each other. The same seed and events give the same delays.
struct Chaos: Sendable {
    /// How often each event is sent.
    static let copies = 2

    let seed: UInt64
    let delayMax: Duration

    /// How late each copy of an event is.
    func delays(event id: String, subscription: String) -> [Duration] {
        (0..<Self.copies).map { copy in
            let digest = SHA256.digest(of: "\(seed)\n\(id)\n\(subscription)\n\(copy)")
            let bits = digest.bytes.prefix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return delayMax * (Double(bits) / Double(UInt64(1) << 32))
        }
    }
}
