public import SignalboxCore

/// The ends of runs as their machines reported them: objects beside the runs' specs.
///
/// A machine that has deleted itself tells nothing any more; the sweep removes the reports together with the specs.
public struct ExitReports: Sendable {
    private let objects: any ObjectStore
    private let layout: BucketLayout

    /// The reports of a training bucket.
    public init(objects: any ObjectStore, layout: BucketLayout) {
        self.objects = objects
        self.layout = layout
    }

    /// The reports of the bucket that the environment names.
    ///
    /// - Throws: `ConfigurationError`.
    init(_ environment: Environment, objects: any ObjectStore) throws(ConfigurationError) {
        let layout = BucketLayout(
            stagingBucket: environment.text("SIGNALBOX_STAGING_BUCKET") ?? "",
            trainingBucket: try environment.required("SIGNALBOX_TRAINING_BUCKET"),
            prefix: environment.text("SIGNALBOX_PREFIX") ?? ""
        )
        self.init(objects: objects, layout: layout)
    }

    /// Where a run reports; nil where the name is no run's.
    func name(of run: String) -> ObjectName? {
        guard let (jobID, attempt) = RunOrder.parse(run) else { return nil }
        let spec = layout.spec(jobID: jobID, attempt: attempt)
        let folder = spec.name.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return ObjectName(bucket: spec.bucket, name: (folder + ["exit.txt"]).joined(separator: "/"))
    }

    /// What a run reported; nil where it has not.
    func report(of run: String) async throws(TierError) -> ExitReport? {
        guard let name = name(of: run) else { return nil }
        do throws(StoreError) {
            let bytes = try await objects.bytes(of: name, bytesMax: ExitReport.bytesMax).bytes
            return ExitReport(text: String(decoding: bytes, as: UTF8.self))
        } catch {
            switch error.code {
            case .notFound: return nil
            case .permissionDenied, .unauthenticated: throw TierError(.permissionDenied, "\(error)")
            default: throw TierError(.unreachable, "\(error)")
            }
        }
    }
}
