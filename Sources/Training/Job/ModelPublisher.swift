import SignalboxCore
import Wire

/// Puts a model's files under a reserved version, the signed manifest last, and completes the job in the commit that
/// publishes the version.
struct ModelPublisher: Sendable {
    let objects: any ObjectStore
    let registry: ModelRegistry
    let ledger: JobLedger
    let layout: BucketLayout
    let key: Ed25519PrivateKey
    let keyID: String
    let runner: String

    /// A file of a model version.
    struct File: Sendable {
        let name: String
        let contentType: String
        let bytes: [UInt8]
    }

    /// Where a version's files lie.
    struct Reservation: Sendable {
        let name: String
        let version: Int
        let uri: String
    }

    /// Reserves a version of the environment's model for the spec's attempt.
    func reserve(environmentID: String, spec: JobSpec) async throws(StoreError) -> Reservation {
        let name = spec.config.modelName(environmentID: environmentID)
        let version = try await registry.reserve(name, environmentID: environmentID, spec: spec, runner: runner)
        return Reservation(name: name, version: version, uri: layout.model(name, version: version, file: "").uri)
    }

    /// Uploads the files, none once the task is cancelled or `check` throws.
    func upload(
        _ files: [File],
        as reservation: Reservation,
        spec: JobSpec,
        createdAt: Timestamp,
        check: @Sendable () async throws -> Void
    ) async throws {
        let manifest = ModelManifest(
            spec: spec,
            name: reservation.name,
            version: reservation.version,
            files: files.map {
                Manifest.Blob(path: $0.name, size: Int64($0.bytes.count), digest: SHA256.digest(of: $0.bytes))
            },
            createdAt: createdAt
        )
        let last = File(
            name: ModelManifest.fileName,
            contentType: "application/json",
            bytes: manifest.signed(by: key, keyID: keyID)
        )
        for file in files + [last] {
            try Task.checkCancellation()
            try await check()
            let name = layout.model(reservation.name, version: reservation.version, file: file.name)
            _ = try await objects.create(name, file.bytes, contentType: file.contentType)
        }
    }

    /// Completes the job with what was uploaded.
    ///
    /// - Returns: what the ledger decided: `completed`, or why this attempt may not.
    func register(_ result: TrainingResult, spec: JobSpec) async throws -> JobTransition {
        let registry = self.registry
        return try await ledger.apply(.completed(attempt: spec.attempt, runner: runner, result), to: spec.jobID) {
            _ throws(StoreError) in
            try await registry.publication(of: result)
        }
    }
}
