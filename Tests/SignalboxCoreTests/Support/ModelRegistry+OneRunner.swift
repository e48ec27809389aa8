import SignalboxCore

extension ModelRegistry {
    /// Reserves for the only process of the attempt.
    func reserve(_ name: String, environmentID: String, spec: JobSpec) async throws(StoreError) -> Int {
        try await reserve(name, environmentID: environmentID, spec: spec, runner: Sample.runner)
    }
}
