public import Wire

/// What is kept for how long.
public struct RetentionPolicy: Sendable, Equatable {
    /// Days a judged upload stays in staging.
    public var stagingDays: Int
    /// Days an upload that never became complete stays in staging.
    public var incompleteDays: Int
    /// The newest checkpoints of a finished job that are kept.
    public var checkpointsKept: Int
    /// Days the logs of a finished job stay.
    public var logDays: Int
    /// Days a rejection's receipt stays.
    public var rejectionDays: Int

    /// A policy; unnamed parts as the defaults say.
    public init(
        stagingDays: Int = 7,
        incompleteDays: Int = 14,
        checkpointsKept: Int = 1,
        logDays: Int = 90,
        rejectionDays: Int = 90
    ) {
        self.stagingDays = stagingDays
        self.incompleteDays = incompleteDays
        self.checkpointsKept = checkpointsKept
        self.logDays = logDays
        self.rejectionDays = rejectionDays
    }
}

/// Why an object is removed: closed, stable.
public enum PruneReason: String, Sendable, CaseIterable {
    /// Judged, and its days in staging are over.
    case stagedJudged = "staged_judged"
    /// Never complete, and its days are over.
    case stagedIncomplete = "staged_incomplete"
    /// A newer checkpoint of the finished job is kept.
    case checkpointSuperseded = "checkpoint_superseded"
    /// The finished job's log is too old.
    case logExpired = "log_expired"
    /// The rejection's receipt is too old.
    case rejectionExpired = "rejection_expired"
}

/// What to remove, worked out from what is there: a pure function, so that a dry run and a real one cannot differ.
public struct PrunePlan: Sendable, Equatable {
    /// One removal, of exactly the generation that was looked at.
    public struct Removal: Sendable, Equatable {
        /// The object.
        public var object: ObjectMetadata
        /// Why.
        public var reason: PruneReason
    }

    /// What is there.
    public struct Inventory: Sendable {
        /// The objects of the staging bucket.
        public var staging: [ObjectMetadata]
        /// The objects under `checkpoints/`, `logs/` and `rejections/`.
        public var training: [ObjectMetadata]
        /// The phase of each job by id.
        public var phases: [String: Job.Phase]

        /// An inventory of its parts.
        public init(staging: [ObjectMetadata], training: [ObjectMetadata], phases: [String: Job.Phase]) {
            self.staging = staging
            self.training = training
            self.phases = phases
        }
    }

    /// The removals, by name.
    public let removals: [Removal]

    /// Bytes of all removals.
    public var bytes: Int64 { removals.reduce(0) { $0 + $1.object.size } }

    /// Plans what the policy removes now. Nothing of a job that is not over, and no model and no dataset, is ever
    /// removed.
    public init(_ inventory: Inventory, layout: BucketLayout, policy: RetentionPolicy, now: Timestamp) {
        let staged = Self.staged(inventory.staging, policy, now)
        var others: [Removal] = []
        var checkpoints: [String: [ObjectMetadata]] = [:]
        for object in inventory.training where object.name.name.hasPrefix(layout.prefix) {
            let parts = object.name.name.dropFirst(layout.prefix.count).split(separator: "/")
            guard parts.count > 1 else { continue }
            let isOver = inventory.phases[String(parts[1])]?.isTerminal ?? false
            switch parts[0] {
            case "checkpoints" where isOver && parts.count > 2:
                checkpoints[String(parts[1]), default: []].append(object)
            case "logs" where isOver && Self.isOlder(object, policy.logDays, now):
                others.append(Removal(object: object, reason: .logExpired))
            case "rejections" where Self.isOlder(object, policy.rejectionDays, now):
                others.append(Removal(object: object, reason: .rejectionExpired))
            default: break
            }
        }
        for objects in checkpoints.values { others += Self.superseded(objects, layout, policy) }
        removals = (staged + others).sorted { $0.object.name.uri < $1.object.name.uri }
    }

    /// Of the staging bucket only what was uploaded as part of a package is ever removed, and of what was not judged
    /// only what cannot be: a package that is complete waits for its judgement however long that takes.
    private static func staged(_ objects: [ObjectMetadata], _ policy: RetentionPolicy, _ now: Timestamp) -> [Removal] {
        let places = Dictionary(grouping: objects) { PackageLocation(around: $0.name) }
        return places.flatMap { place, objects -> [Removal] in
            guard let place else { return [] }
            let isComplete = place.isComplete(Set(objects.map(\.name)))
            return objects.compactMap { object in
                if object.metadata[PackageIntake.statusKey] != nil || object.name == place.receipt {
                    let isOld = isOlder(object, policy.stagingDays, now)
                    return isOld ? Removal(object: object, reason: .stagedJudged) : nil
                }
                let isStale = !isComplete && isOlder(object, policy.incompleteDays, now)
                return isStale ? Removal(object: object, reason: .stagedIncomplete) : nil
            }
        }
    }

    /// All but the newest step folders that hold a whole checkpoint, and what is newer than these.
    private static func superseded(
        _ objects: [ObjectMetadata],
        _ layout: BucketLayout,
        _ policy: RetentionPolicy
    ) -> [Removal] {
        let steps = Dictionary(grouping: objects) { object in
            String(object.name.name.dropFirst(layout.prefix.count).split(separator: "/")[2])
        }
        // The description is written last: without one the folder is of a trainer that was cut short.
        let whole = steps.filter { $0.value.contains { $0.name.name.hasSuffix(".json") } }.keys
        let candidates = whole.isEmpty ? steps.keys.sorted(by: >) : whole.sorted(by: >)
        guard let oldestKept = candidates.prefix(policy.checkpointsKept).last else { return [] }
        return steps.filter { $0.key < oldestKept }.values.joined().map {
            Removal(object: $0, reason: .checkpointSuperseded)
        }
    }

    private static func isOlder(_ object: ObjectMetadata, _ days: Int, _ now: Timestamp) -> Bool {
        now - object.created >= .seconds(days * 86_400)
    }

    /// The plan for people and programs.
    public var json: JSON {
        [
            "removals": .array(
                removals.map {
                    [
                        "uri": .string($0.object.name.uri),
                        "generation": .string(String($0.object.generation)),
                        "size": .integer($0.object.size),
                        "reason": .string($0.reason.rawValue),
                    ]
                }
            ),
            "objects": .integer(Int64(removals.count)),
            "bytes": .integer(bytes),
        ]
    }
}
