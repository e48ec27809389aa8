public import SignalboxCore
public import Wire

/// A job's checkpoints in the training bucket: `checkpoints/<job_id>/step-<n>/attempt-<a>-<runner>.safetensors`
/// and, written last, its description `….json`. No two processes write to one name: one that lost its lease cannot
/// spoil the next one's.
///
/// What is kept only to see whether it can be read back, the canary's, lies under `jobs/<job_id>/attempt-<n>/`: it goes
/// with all else that the attempt started from, also where the trainer is killed before it removes it.
///
/// A checkpoint counts only with a description whose size and SHA-256 are those of the state: a checkpoint cut
/// short, or damaged since, is passed over.
public struct CheckpointStore: Sendable {
    /// Bytes of one checkpoint's state.
    public static let stateBytesMax = 2 << 30
    /// Bytes of one checkpoint's description.
    public static let descriptionBytesMax = 1 << 20
    /// Checkpoints that are looked at, the newest first.
    public static let lookedAtMax = 256
    /// Checkpoints of the run itself, intact or not, that are tried among these: each may be ``stateBytesMax`` long.
    public static let triedMax = 16

    /// A checkpoint as it was read.
    public struct Checkpoint: Sendable {
        /// Steps done.
        public let step: Int
        /// The state's bytes.
        public let state: [UInt8]
        /// What the trainer wrote beside it.
        public let description: JSONReader
    }

    let objects: any ObjectStore
    let layout: BucketLayout
    let kind: Kind
    let attempt: Int
    private let jobID: String
    private let runner: String
    private let isCanary: Bool

    /// What a checkpoint's state is.
    public enum Kind: String, Sendable {
        /// An engine's tensors.
        case tensors = ".safetensors"
        /// A command's files.
        case archive = ".zip"
    }

    /// The checkpoints of a job, for one of its attempts.
    ///
    /// - Parameter isCanary: whether what is kept is no checkpoint of the run itself, but a trial of the store.
    public init(
        objects: any ObjectStore,
        layout: BucketLayout,
        spec: JobSpec,
        runner: String,
        isCanary: Bool = false,
        kind: Kind = .tensors
    ) {
        self.kind = kind
        self.objects = objects
        self.layout = layout
        attempt = spec.attempt
        jobID = spec.jobID
        self.runner = runner
        self.isCanary = isCanary
    }

    /// Keeps a checkpoint. What is there already with the same bytes counts as written: an answer may have been lost.
    ///
    /// - Throws: `alreadyExists` where other bytes have one of its two names; they stay.
    public func save(step: Int, state: [UInt8], description: JSON) async throws(StoreError) {
        _ = try await objects.create(stateName(step: step), state, contentType: "application/octet-stream")
        guard !Task.isCancelled else {
            throw StoreError(.cancelled, "\(stateName(step: step)): stopped before its description")
        }
        let json: JSON = [
            "step": .integer(Int64(step)),
            "size": .integer(Int64(state.count)),
            "sha256": .string(SHA256.digest(of: state).hex),
            "trainer": description,
        ]
        _ = try await objects.create(descriptionName(step: step), json.bytes, contentType: "application/json")
    }

    /// The step of the newest checkpoint of any attempt that has a description, unread; nil where there is none.
    func newestStep() async throws(StoreError) -> Int? {
        let names = try await objects.listAll(bucket: layout.trainingBucket, prefix: prefix).map(\.name.name)
        let described = names.filter { $0.hasSuffix(Self.descriptionSuffix) }
        return described.compactMap { Int($0.dropFirst(prefix.count + "step-".count).prefix { $0 != "/" }) }.max()
    }

    /// The newest intact checkpoint of any attempt of a run that can be used; nil where there is none. Of other runs'
    /// checkpoints only the descriptions are read.
    ///
    /// - Parameters:
    ///   - fingerprint: the run's.
    ///   - use: makes what is wanted of a checkpoint, nil where it cannot be used.
    ///   - passOver: is told of each checkpoint that does not count, and why.
    /// - Throws: ``StoreError``; a checkpoint that is not intact is passed over, not an error.
    public func newest<Use>(
        of fingerprint: String,
        _ use: (Checkpoint) -> Use?,
        passOver: (_ name: ObjectName, _ reason: String) async -> Void = { _, _ in }
    ) async throws(StoreError) -> Use? {
        let names = try await objects.listAll(bucket: layout.trainingBucket, prefix: prefix).map(\.name)
        let present = Set(names.map(\.name))
        // A state without its description counts as well: its upload was cut short, which is to be told.
        let stems = Set(names.compactMap { stem(of: $0.name) })
        var triedCount = 0
        for stem in stems.sorted(by: >).prefix(Self.lookedAtMax) {
            guard triedCount < Self.triedMax else { break }
            let name = ObjectName(bucket: layout.trainingBucket, name: stem + Self.descriptionSuffix)
            guard present.contains(name.name) else {
                await passOver(name, "it has no description: its upload was cut short")
                continue
            }
            switch try await read(name, of: fingerprint) {
            case .success(let checkpoint):
                if let used = use(checkpoint) { return used }
                await passOver(name, "it is not of the form that this release reads")
            case .failure(let flaw):
                await passOver(name, flaw.reason)
                if flaw == .otherRun { continue }
            }
            triedCount += 1
        }
        return nil
    }

    /// The checkpoint of a step that this process kept, read anew; nil where it is not intact.
    func read<Use>(step: Int, _ use: (Checkpoint) -> Use?) async throws(StoreError) -> Use? {
        guard case .success(let checkpoint) = try await read(descriptionName(step: step)) else { return nil }
        return use(checkpoint)
    }

    /// Removes the checkpoint of a step that this process kept.
    func remove(step: Int) async throws(StoreError) {
        try await remove(KeptCheckpoint(step: step, stem: stem(step: step), validationLoss: nil))
    }

    /// Before the names of all of the job's checkpoints.
    var prefix: String { layout.checkpoints(jobID: jobID) }

    /// What the names of the two objects share that this process keeps of a step.
    func stem(step: Int) -> String {
        guard !isCanary else { return layout.canary(jobID: jobID, attempt: attempt, name: runner).name }
        return layout.checkpoint(jobID: jobID, step: step, name: "attempt-\(attempt)-\(runner)").name
    }

    private func stateName(step: Int) -> ObjectName {
        ObjectName(bucket: layout.trainingBucket, name: stem(step: step) + kind.rawValue)
    }

    private func descriptionName(step: Int) -> ObjectName {
        ObjectName(bucket: layout.trainingBucket, name: stem(step: step) + Self.descriptionSuffix)
    }

    static let descriptionSuffix = ".json"

    /// What the names of a checkpoint's two objects share; nil for another object.
    func stem(of name: String) -> String? {
        for suffix in [kind.rawValue, Self.descriptionSuffix] where name.hasSuffix(suffix) {
            return String(name.dropLast(suffix.count))
        }
        return nil
    }

    /// Why a checkpoint does not count.
    private struct Flaw: Error, Equatable {
        static let otherRun = Flaw(reason: "it is of another dataset, configuration or program")

        let reason: String
    }

    /// - Parameter fingerprint: the run that it has to be of; nil for any.
    private func read(
        _ name: ObjectName,
        of fingerprint: String? = nil
    ) async throws(StoreError) -> Result<Checkpoint, Flaw> {
        do {
            let bytes = try await objects.bytes(of: name, bytesMax: Self.descriptionBytesMax).bytes
            let reader = JSONReader((try? JSON(parsing: bytes)) ?? .null)
            guard let step = try? reader["step"].int(in: 0...Int.max), let digest = try? reader["sha256"].string()
            else {
                return .failure(Flaw(reason: "its description is cut short or damaged"))
            }
            if let fingerprint, (try? reader["trainer"]["fingerprint"].string()) != fingerprint {
                return .failure(.otherRun)
            }
            let stem = name.name.dropLast(Self.descriptionSuffix.count)
            let stateName = ObjectName(bucket: name.bucket, name: stem + kind.rawValue)
            let state = try await objects.bytes(of: stateName, bytesMax: Self.stateBytesMax).bytes
            guard SHA256.digest(of: state).hex == digest else {
                return .failure(Flaw(reason: "its state is cut short or damaged: the SHA-256 is another one"))
            }
            return .success(Checkpoint(step: step, state: state, description: reader["trainer"]))
        } catch  where error.code == .notFound || error.code == .dataLoss || error.code == .tooLarge {
            return .failure(Flaw(reason: "\(error)"))
        }
    }
}
