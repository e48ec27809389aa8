import Wire

/// Which episodes are trained on and which are held out. An episode is on one side as a whole, for its steps resemble
/// one another.
struct EpisodeSplit: Equatable {
    /// Indices of the episodes trained on, ascending.
    let training: [Int]
    /// Indices of the episodes that validate, ascending.
    let validation: [Int]
    /// False where there is one episode alone, which then stands on both sides.
    let isHeldOut: Bool

    /// Holds out the fifth with the lowest hashes of seed and id, rounded, at least one and never all.
    init(identifiers: [String], seed: UInt64) {
        guard identifiers.count > 1 else {
            (training, validation, isHeldOut) = (Array(identifiers.indices), Array(identifiers.indices), false)
            return
        }
        let hashes = identifiers.map { SHA256.digest(of: "\(seed):\($0)").hex }
        let ranked = identifiers.indices.sorted { hashes[$0] < hashes[$1] }
        let fifth = (identifiers.count * Self.validationTenths + 5) / 10
        let count = min(max(1, fifth), identifiers.count - 1)
        (training, validation, isHeldOut) = (ranked[count...].sorted(), ranked[..<count].sorted(), true)
    }

    private static let validationTenths = 2
}
