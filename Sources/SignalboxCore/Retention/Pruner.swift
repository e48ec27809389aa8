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

    /// What was done of a plan.
    public struct Outcome: Sendable, Equatable {
        /// How many objects were removed.
        public var removed = 0
        /// The objects that cannot be removed, and why: they are held, for example. The rest was.
        public var failures: [Sweeper.Report.Failure] = []

        /// Nothing was to be done.
        public init() {}
    }

    /// Removes what the plan says; an object that changed since stays.
    ///
    /// - Throws: ``StoreError`` where the store is away: what is left goes another time.
    public func carryOut(_ plan: PrunePlan) async throws(StoreError) -> Outcome {
        var outcome = Outcome()
        for removal in plan.removals {
            let object = removal.object
            do {
                try await objects.delete(object.name, generation: nil, if: .generation(object.generation))
                outcome.removed += 1
            } catch {
                switch error.code {
                case .notFound, .preconditionFailed: continue
                case .cancelled: throw error
                default:
                    guard !error.isTransient else { throw error }
                    outcome.failures.append(Sweeper.Report.Failure(subject: object.name.uri, error))
                }
            }
        }
        return outcome
    }
}
