public import Wire

/// Takes the inventory, and removes what the plan says.
public struct Pruner: Sendable {
    private let objects: any ObjectStore
    private let documents: any DocumentStore
    private let layout: BucketLayout
    private let policy: RetentionPolicy
    private let clock: any Clock

    /// A pruner of a layout.
    public init(
        objects: any ObjectStore,
        documents: any DocumentStore,
        layout: BucketLayout,
        policy: RetentionPolicy,
        clock: any Clock
    ) {
        self.objects = objects
        self.documents = documents
        self.layout = layout
        self.policy = policy
        self.clock = clock
    }

    /// What would be removed now.
    public func plan() async throws(StoreError) -> PrunePlan {
        var phases: [String: Job.Phase] = [:]
        for document in try await documents.queryAll(DocumentQuery(collection: Job.collection)) {
            guard case .string(let text) = document.fields["phase"], let phase = Job.Phase(rawValue: text) else {
                continue
            }
            phases[document.id] = phase
        }
        var training: [ObjectMetadata] = []
        for folder in ["checkpoints/", "logs/", "rejections/"] {
            training += try await objects.listAll(bucket: layout.trainingBucket, prefix: layout.prefix + folder)
        }
        let staging = try await objects.listAll(bucket: layout.stagingBucket, prefix: "")
        let inventory = PrunePlan.Inventory(staging: staging, training: training, phases: phases)
        return PrunePlan(inventory, layout: layout, policy: policy, now: clock.now())
    }

    /// Removes what the plan says; an object that changed since stays.
    ///
    /// - Returns: how many were removed.
    public func carryOut(_ plan: PrunePlan) async throws(StoreError) -> Int {
        var removed = 0
        for removal in plan.removals {
            let object = removal.object
            do {
                try await objects.delete(object.name, generation: nil, if: .generation(object.generation))
                removed += 1
            } catch  where error.code == .notFound || error.code == .preconditionFailed {
                continue
            }
        }
        return removed
    }
}
