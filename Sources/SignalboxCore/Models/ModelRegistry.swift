public import Wire

/// Model versions: `models/{name}` counts them, `models/{name}/versions/v{k}` describes each.
///
/// A version number is reserved for one attempt of one job and never reused: numbers may have gaps, artefacts are never
/// overwritten. A version exists for readers once its document says `published`, in the same commit that completes its
/// job.
public struct ModelRegistry: Sendable {
    /// The collection of model documents.
    public static let collection = "models"
    /// Tries of a reservation against other writers.
    public static let commitTriesMax = 20

    /// A version that readers may use.
    public struct Version: Sendable, Equatable {
        /// The model's name.
        public var name: String
        /// The number.
        public var version: Int
        /// The job that made it.
        public var jobID: String
        /// `gs://…/models/<name>/v<k>/`.
        public var uri: String

        /// A version of its parts.
        public init(name: String, version: Int, jobID: String, uri: String) {
            self.name = name
            self.version = version
            self.jobID = jobID
            self.uri = uri
        }
    }

    /// The state of a version that nobody may read yet.
    static let reservedState = "reserved"

    let documents: any DocumentStore
    private let clock: any Clock

    /// A registry on a document store.
    public init(documents: any DocumentStore, clock: any Clock) {
        self.documents = documents
        self.clock = clock
    }

    /// Reserves the next number for a trainer's process, or answers with the number that it reserved before. Another
    /// process of the same attempt has a number of its own: its files are others.
    ///
    /// A name belongs to the environment that used it first: a key for one environment must not replace
    /// another's model.
    ///
    /// - Throws: `permissionDenied` where the name is another environment's.
    public func reserve(
        _ name: String,
        environmentID: String,
        spec: JobSpec,
        runner: String
    ) async throws(StoreError) -> Int {
        for _ in 0..<Self.commitTriesMax {
            let model = try await documents.get(Self.path(of: name))
            if let owner = model?.fields["environment_id"], owner != .string(environmentID) {
                throw StoreError(.permissionDenied, "model \(name) is of another environment than \(environmentID)")
            }
            let next = Self.integer(model?.fields["next_version"]) ?? 1
            if next > 1, let last = try await documents.get(Self.path(of: name, version: next - 1)),
                last.fields["job_id"] == .string(spec.jobID), last.fields["attempt"] == .integer(Int64(spec.attempt)),
                last.fields["runner"] == .string(runner)
            {
                return next - 1
            }
            let count: [String: DocumentValue] = [
                "next_version": .integer(Int64(next + 1)), "environment_id": .string(environmentID),
            ]
            let precondition = model.map { DocumentPrecondition.updateTime($0.updateTime) } ?? .exists(false)
            do {
                _ = try await documents.commit([
                    .set(Self.path(of: name), count, mask: count.keys.sorted(), if: precondition),
                    .create(Self.path(of: name, version: next), reserved(name, next, spec, runner)),
                ])
                return next
            } catch  where [.alreadyExists, .preconditionFailed, .aborted].contains(error.code) {
                continue
            }
        }
        throw StoreError(.aborted, "models/\(name): other writers won \(Self.commitTriesMax) times")
    }

    private func reserved(
        _ name: String,
        _ version: Int,
        _ spec: JobSpec,
        _ runner: String
    ) -> [String: DocumentValue] {
        [
            "name": .string(name),
            "version": .integer(Int64(version)),
            "state": .string(Self.reservedState),
            "job_id": .string(spec.jobID),
            "attempt": .integer(Int64(spec.attempt)),
            "runner": .string(runner),
            "package_id": .string(spec.packageID),
            "reserved_at": .timestamp(clock.now().truncatedToMicroseconds),
        ]
    }

    /// The writes that publish a reserved version; to be committed together with the job's completion.
    public func publication(of result: TrainingResult) async throws(StoreError) -> [DocumentWrite] {
        let path = Self.path(of: result.modelName)
        guard let model = try await documents.get(path) else {
            throw StoreError(.notFound, "\(path): version \(result.modelVersion) was never reserved")
        }
        let latest = max(Self.integer(model.fields["latest_version"]) ?? 0, result.modelVersion)
        var version: [String: DocumentValue] = [
            "state": .string("published"),
            "uri": .string(result.modelURI),
            "published_at": .timestamp(clock.now().truncatedToMicroseconds),
        ]
        version["best_validation_loss"] = result.bestValidationLoss.map(DocumentValue.double)
        return [
            .set(
                path,
                ["latest_version": .integer(Int64(latest))],
                mask: ["latest_version"],
                if: .updateTime(model.updateTime)
            ),
            .set(
                Self.path(of: result.modelName, version: result.modelVersion),
                version,
                mask: version.keys.sorted(),
                if: .exists(true)
            ),
        ]
    }

    /// A published version; the latest one unless a number is given.
    ///
    /// - Throws: `notFound`.
    public func version(_ number: Int?, of name: String) async throws(StoreError) -> Version {
        let model = try await documents.get(Self.path(of: name))
        guard let number = number ?? Self.integer(model?.fields["latest_version"]) else {
            throw StoreError(.notFound, "model \(name) has no published version")
        }
        guard let document = try await documents.get(Self.path(of: name, version: number)),
            document.fields["state"] == .string("published"), case .string(let uri) = document.fields["uri"],
            case .string(let jobID) = document.fields["job_id"]
        else { throw StoreError(.notFound, "model \(name) has no published version v\(number)") }
        return Version(name: name, version: number, jobID: jobID, uri: uri)
    }

    private static func path(of name: String) -> String { "\(collection)/\(name)" }

    private static func path(of name: String, version: Int) -> String { "\(collection)/\(name)/versions/v\(version)" }

    private static func integer(_ value: DocumentValue?) -> Int? {
        guard case .integer(let number) = value else { return nil }
        return Int(number)
    }
}
