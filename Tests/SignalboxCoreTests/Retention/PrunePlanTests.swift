import SignalboxCore
import Testing
import Wire

@Suite("Prune plans")
struct PrunePlanTests {
    static let policy = RetentionPolicy(
        stagingDays: 7,
        incompleteDays: 14,
        checkpointsKept: 2,
        logDays: 30,
        rejectionDays: 60
    )

    /// An object of some age, and why it goes; nil where it stays.
    struct Row: Sendable, CustomTestStringConvertible {
        let bucket: String
        let name: String
        let days: Int
        var metadata: [String: String] = [:]
        let reason: PruneReason?

        var testDescription: String { "\(bucket)/\(name), \(days) days: \(reason?.rawValue ?? "stays")" }

        var object: ObjectMetadata {
            let created = Sample.now - .seconds(days * 86_400)
            return ObjectMetadata(
                name: ObjectName(bucket: bucket, name: name),
                generation: Int64(days) + 1,
                size: 10,
                crc32c: nil,
                contentType: "application/octet-stream",
                metadata: metadata,
                created: created,
                // A change of the metadata makes no object younger.
                updated: Sample.now
            )
        }
    }

    private static let accepted = [PackageIntake.statusKey: "accepted"]
    private static let rejected = [PackageIntake.statusKey: "rejected"]

    /// The name of a package's object in staging.
    private static func staged(_ package: Character, _ name: String) -> String {
        let digits = SHA256.digest(of: String(package)).hex.prefix(PackageID.digitCount)
        return "arm-7/\(PackageID.prefix)\(digits)/\(name)"
    }

    static let rows = [
        Row(bucket: "staging", name: staged("p", "archive.zip"), days: 6, metadata: accepted, reason: nil),
        Row(bucket: "staging", name: staged("q", "archive.zip"), days: 7, metadata: accepted, reason: .stagedJudged),
        Row(bucket: "staging", name: staged("r", "archive.zip"), days: 7, metadata: rejected, reason: .stagedJudged),
        Row(bucket: "staging", name: staged("q", "receipt.dsse.json"), days: 7, reason: .stagedJudged),
        Row(bucket: "staging", name: staged("p", "receipt.dsse.json"), days: 6, reason: nil),
        Row(bucket: "staging", name: staged("s", "archive.zip"), days: 13, reason: nil),
        Row(bucket: "staging", name: staged("t", "manifest.dsse.json"), days: 14, reason: .stagedIncomplete),
        Row(bucket: "staging", name: staged("u", "archive.zip"), days: 999, reason: nil),
        Row(bucket: "staging", name: staged("u", "manifest.dsse.json"), days: 999, reason: nil),
        Row(bucket: "staging", name: staged("v", "notes.txt"), days: 999, reason: nil),
        Row(bucket: "staging", name: "datasets/pkg-1/0/archive.zip", days: 999, metadata: accepted, reason: nil),
        Row(bucket: "training", name: "logs/over/trainer.log", days: 29, reason: nil),
        Row(bucket: "training", name: "logs/over/tensorboard/events.1", days: 30, reason: .logExpired),
        Row(bucket: "training", name: "logs/failed/trainer.log", days: 30, reason: .logExpired),
        Row(bucket: "training", name: "logs/running/trainer.log", days: 999, reason: nil),
        Row(bucket: "training", name: "logs/unknown/trainer.log", days: 999, reason: nil),
        Row(bucket: "training", name: "rejections/pkg-1/1-2.dsse.json", days: 59, reason: nil),
        Row(bucket: "training", name: "rejections/pkg-1/1-3.dsse.json", days: 60, reason: .rejectionExpired),
        Row(bucket: "training", name: "datasets/pkg-1/0/archive.zip", days: 9999, reason: nil),
        Row(bucket: "training", name: "models/reach/v1/model.safetensors", days: 9999, reason: nil),
        Row(bucket: "training", name: "jobs/over/attempt-1/spec.json", days: 9999, reason: nil),
        Row(bucket: "training", name: "reports/over/gates.json", days: 9999, reason: nil),
        Row(bucket: "training", name: "audit/2020", days: 9999, reason: nil),
    ]

    static let checkpoints = [
        Row(bucket: "training", name: step("over", 100, "state"), days: 1, reason: .checkpointSuperseded),
        Row(bucket: "training", name: step("over", 100, "done"), days: 1, reason: .checkpointSuperseded),
        Row(bucket: "training", name: step("over", 900, "state"), days: 1, reason: nil),
        Row(bucket: "training", name: step("over", 1000, "state"), days: 1, reason: nil),
        Row(bucket: "training", name: step("over", 1000, "done"), days: 1, reason: nil),
        Row(bucket: "training", name: step("running", 1, "state"), days: 99, reason: nil),
        Row(bucket: "training", name: step("running", 2, "state"), days: 99, reason: nil),
        Row(bucket: "training", name: step("running", 3, "state"), days: 99, reason: nil),
        Row(bucket: "training", name: step("unknown", 1, "state"), days: 99, reason: nil),
        Row(bucket: "training", name: step("unknown", 2, "state"), days: 99, reason: nil),
        Row(bucket: "training", name: step("unknown", 3, "state"), days: 99, reason: nil),
    ]

    static let phases: [String: Job.Phase] = ["over": .completed, "failed": .failed, "running": .running]

    @Test("hold for every row, with and without a prefix", arguments: ["", "fleet-a/"])
    func table(prefix: String) {
        let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training", prefix: prefix)
        let rows = (Self.rows + Self.checkpoints).map { row in
            let name = row.bucket == "training" ? prefix + row.name : row.name
            return Row(bucket: row.bucket, name: name, days: row.days, metadata: row.metadata, reason: row.reason)
        }
        let plan = plan(rows, layout: layout)
        let reasons = Dictionary(uniqueKeysWithValues: plan.removals.map { ($0.object.name, $0.reason) })
        for row in rows { #expect(reasons[row.object.name] == row.reason, "\(row.testDescription)") }
        let names = plan.removals.map(\.object.name.uri)
        #expect(names == names.sorted())
        #expect(plan.bytes == Int64(10 * names.count))
    }

    @Test("leave another prefix's objects alone")
    func otherPrefix() {
        let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training", prefix: "fleet-a/")
        #expect(plan(Self.rows.filter { $0.bucket == "training" }, layout: layout).removals.isEmpty)
    }

    @Test("remove nothing of a job that goes on, whatever its phase", arguments: Job.Phase.allCases)
    func everyPhase(phase: Job.Phase) {
        let rows = (1...4).map { step in
            Row(bucket: "training", name: Self.step("job", step, "state"), days: 999, reason: nil)
        }
        let inventory = PrunePlan.Inventory(staging: [], training: rows.map(\.object), phases: ["job": phase])
        let plan = PrunePlan(inventory, layout: Sample.layout, policy: Self.policy, now: Sample.now)
        #expect(plan.removals.count == (phase.isTerminal ? 2 : 0))
    }

    @Test("say the same to people and programs")
    func json() {
        let row = Self.rows[1]
        #expect(
            plan([row], layout: Sample.layout).json == [
                "bytes": 10, "objects": 1,
                "removals": [
                    [
                        "generation": "8", "reason": "staged_judged", "size": 10,
                        "uri": .string(row.object.name.uri),
                    ]
                ],
            ]
        )
    }

    private func plan(_ rows: [Row], layout: BucketLayout) -> PrunePlan {
        let inventory = PrunePlan.Inventory(
            staging: rows.filter { $0.bucket == "staging" }.map(\.object),
            training: rows.filter { $0.bucket == "training" }.map(\.object),
            phases: Self.phases
        )
        return PrunePlan(inventory, layout: layout, policy: Self.policy, now: Sample.now)
    }

    private static func step(_ job: String, _ step: Int, _ name: String) -> String {
        Sample.layout.checkpoint(jobID: job, step: step, name: name).name
    }
}
