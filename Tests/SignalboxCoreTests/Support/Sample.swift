import SignalboxCore
import Wire

/// Names, keys and times that the tests share.
enum Sample {
    static let robotID = "arm-7"
    static let environmentID = "lab-3"
    static let keyID = "arm-7-2026"
    static let robotKey = key(seedFrom: 0)
    static let receiptKey = key(seedFrom: 32)
    static let otherKey = key(seedFrom: 64)
    static let now = time("2026-06-02T00:00:00Z")
    static let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training")
    static let software = Manifest.Software(continuonBrainRuntime: "1.2.3", continuonAIApp: "4.5.6")

    /// Four small files of two episodes.
    static let files = ["ep_00000", "ep_00001"].flatMap { name in
        [
            Member("\(name)/metadata.json", metadata(name).serialized(pretty: true)),
            Member("\(name)/steps/000000.jsonl", (0..<2).map { step($0).serialized() + "\n" }.joined()),
        ]
    }

    /// A description with all that an episode's must have.
    static func metadata(_ identifier: String) -> JSON {
        [
            "episode_id": .string(identifier), "xr_mode": "observer", "control_role": "human_supervisor",
            "environment_id": .string(environmentID), "tags": ["reach"],
            "software": ["continuon_brain_runtime": "1.2.3", "continuon_ai_app": "4.5.6"],
        ]
    }

    /// A step whose observation and action are its number and half of it.
    static func step(_ index: Int) -> JSON {
        [
            "step_index": .integer(Int64(index)), "observation": ["command": [.integer(Int64(index))]],
            "action": ["command": [.double(Double(index) / 2)]],
        ]
    }

    static let robot = Keyring.Key(
        keyID: keyID,
        publicKey: robotKey.publicKey.bytes,
        environments: [environmentID],
        notBefore: time("2026-01-01T00:00:00Z"),
        notAfter: time("2027-01-01T00:00:00Z")
    )

    static let dataset = DatasetReference(
        archive: ObjectName(bucket: "training", name: "datasets/pkg/0/archive.zip"),
        archiveGeneration: 1_780_000_000_000_001,
        manifest: ObjectName(bucket: "training", name: "datasets/pkg/0/manifest.dsse.json"),
        manifestGeneration: 1_780_000_000_000_002,
        manifestDigest: SHA256.digest(of: "manifest")
    )

    static let result = TrainingResult(
        modelURI: "gs://training/models/reach/v1/",
        modelName: "reach",
        modelVersion: 1,
        finalLoss: 0.015625,
        initialLoss: 1.5,
        bestValidationLoss: 0.03125,
        bestStep: 400,
        baselineLoss: 0.5,
        validationAccuracy: 0.75,
        validationMeanAbsoluteError: 0.25,
        baselineAccuracy: 0.375,
        baselineMeanAbsoluteError: 1.25,
        steps: 480,
        trainingTimeSeconds: 12.25
    )

    static func key(seedFrom first: UInt8) -> Ed25519PrivateKey {
        Ed25519PrivateKey(seed: Array(first..<first + 32))!
    }

    static func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }

    /// One place without a price.
    static let ladder = Ladder([Ladder.Rung(place: Place(tier: "scripted"))])

    /// The process of a trainer that is heard first.
    static let runner = "runner-1"

    /// A process that comes second.
    static let secondRunner = "runner-2"

    /// Machines of the tiers `scripted` and `second`: a spot hour of `small` is 1 USD, any other 2 USD.
    static let prices: PriceTable = {
        let entries = ["scripted", "second"].map { tier -> JSON in
            ["tier": .string(tier), "region": "*", "item": "small", "on_demand": 2, "spot": 1]
        }
        let table: JSON = ["date": "2026-06-01", "currency": "USD", "source": "made up", "prices": .array(entries)]
        return (try? PriceTable(JSONReader(table))) ?? PriceTable(date: "", source: "", entries: [])
    }()

    /// A job in a phase, just changed; every attempt but the first was given up.
    static func job(
        _ phase: Job.Phase = .pending,
        attempt: Int = 0,
        lease: Job.Lease? = nil,
        now: Timestamp = now
    ) -> Job {
        var job = Job(
            packageID: "pkg-a8dbac9d3593649aa80b7ffddabca61b",
            robotID: robotID,
            config: .standard,
            dataset: dataset,
            now: now
        )
        let isBilled = phase == .launched || phase == .running
        job.phase = phase
        job.attempt = attempt
        job.lease = lease
        job.handle = isBilled ? "handle-\(attempt)" : nil
        guard attempt > 0 else { return job }
        job.placement = Job.Placement(
            place: Place(tier: "scripted"),
            usdPerHour: nil,
            claimedAt: now,
            billedSince: isBilled ? now : nil,
            hasRun: phase == .running,
            heardSince: phase == .running ? now : nil,
            runSecondsMax: JobPolicy().runSecondsMax,
            choices: 1
        )
        return job
    }
}

/// A file on its way into an archive.
struct Member: Sendable {
    let path: String
    let bytes: [UInt8]

    init(_ path: String, _ text: String) { self.init(path, Array(text.utf8)) }

    init(_ path: String, _ bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    var blob: Manifest.Blob {
        Manifest.Blob(path: path, size: Int64(bytes.count), digest: SHA256.digest(of: bytes))
    }
}
