import SignalboxCore
import Wire

/// Shows before the first step that a run's checkpoints restore: writes one, reads it back, takes it over and compares.
/// A run that cannot go on from its checkpoint has no business on a machine that may be taken back.
struct Canary: Sendable {
    let store: CheckpointStore

    /// The name beside which no checkpoint of a run lies.
    static let label = "canary"

    /// Whether the state that comes back is the one that was written.
    ///
    /// - Throws: `StoreError` and what the engine throws; both say nothing of the checkpoint.
    func sings(on loop: TrainingLoop) async throws -> Bool {
        let original = try await loop.firstCheckpoint()
        let (state, description) = try original.encoded()
        try await store.save(step: original.step, state: state, description: description)
        let restored: TrainingCheckpoint? = try await store.read(step: original.step) { found in
            try? TrainingCheckpoint(state: found.state, description: found.description)
        }
        try await store.remove(step: original.step)
        guard let restored, restored == original else { return false }
        return try await loop.state(after: restored) == original.state
    }
}
