import Foundation
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

/// A launched job with its dataset, and stores in memory that fail when a test wants it.
final class TrainerWorld: Sendable {
    static let heartbeatSeconds = 15
    /// What a machine leaves a process that it ends. A busy one does little in what the test's clock calls a second, so
    /// it is much where a test does not look at it.
    static let stopSeconds = 1_000_000
    static let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training")
    static let key = Ed25519PrivateKey(seed: Array(0..<32))!
    /// A machine that nobody takes back.
    static let ladder = Ladder([Ladder.Rung(place: Place(tier: "scripted"))])
    /// One that may be taken back, then one that is not.
    static let spotLadder = Ladder([
        Ladder.Rung(place: Place(tier: "scripted", provisioning: .spot)), Ladder.Rung(place: Place(tier: "scripted")),
    ])

    let clock = ManualClock()
    let objects: MemoryObjectStore
    let documents: MemoryDocumentStore
    let jobID: String
    private let ladder: Ladder
    private let policy: JobPolicy
    private let outage = OutageSwitch()
    private let documentsOutage = OutageSwitch()

    /// - Parameters:
    ///   - config: how to train; the batch is the counting engine's.
    ///   - steps: of each episode, as text.
    init(
        _ config: JobConfig = JobConfig(epochs: 3, batchSize: 2, checkpointEverySteps: 5),
        ladder: Ladder = TrainerWorld.ladder,
        policy: JobPolicy = JobPolicy(),
        steps: String = EpisodeText.steps(8)
    ) async throws {
        self.ladder = ladder
        self.policy = policy
        let clock = clock
        let outage = outage
        objects = MemoryObjectStore(
            clock: clock,
            faults: FaultPlan { operation, _ in
                // What is read only at the start stays readable.
                operation == "write" ? outage.error.map { .before($0) } : nil
            }
        )
        let documentsOutage = documentsOutage
        documents = MemoryDocumentStore(
            clock: clock,
            faults: FaultPlan { _, _ in documentsOutage.error.map { .before($0) } }
        )
        let (archive, manifest) = try Self.package(config, steps)
        let envelope = DSSEEnvelope(signing: manifest.statement.bytes, key: Self.key, keyID: "robot").bytes
        let names = ["archive.zip", "manifest.dsse.json"].map {
            ObjectName(bucket: Self.layout.trainingBucket, name: "datasets/\(manifest.packageID)/\($0)")
        }
        let stored = [
            try await objects.create(names[0], archive, contentType: "application/zip"),
            try await objects.create(names[1], envelope, contentType: "application/json"),
        ]
        let dataset = DatasetReference(
            archive: names[0],
            archiveGeneration: stored[0].generation,
            manifest: names[1],
            manifestGeneration: stored[1].generation,
            manifestDigest: SHA256.digest(of: envelope)
        )
        let job = Job(
            packageID: manifest.packageID,
            robotID: manifest.robotID,
            config: config,
            dataset: dataset,
            now: clock.now()
        )
        jobID = job.id
        _ = try await documents.commit([.create(job.path, job.fields)])
        try await launch()
    }

    /// Writes of objects fail with this from now on; nil: they work again.
    func failWrites(with error: StoreError?) { outage.set(error) }

    /// Calls of the documents' store fail with this from now on; nil: they work again.
    func failDocuments(with error: StoreError?) { documentsOutage.set(error) }

    var ledger: JobLedger { JobLedger(documents: documents, policy: policy) }

    func job() async throws -> Job {
        try Job(try #require(try await documents.get(Job.path(of: jobID))))
    }

    /// Has the next attempt claimed and launched.
    func launch() async throws {
        if try await job().isReleasing { _ = try await ledger.apply(.released(attempt: job().attempt), to: jobID) }
        let look = JobInput.attended(launcher: "launcher", ladder: ladder)
        let claimed = try await ledger.apply(look, to: jobID).job
        _ = try await ledger.apply(.launched(attempt: claimed.attempt, handle: "run"), to: jobID)
    }

    /// Has the attempt given up, as the tier's word on a run that ended does.
    func giveUp() async throws {
        clock.advance(by: .seconds(100))
        let job = try await job()
        let ended = RunState.ended(detail: "exit 1")
        let input = JobInput.inspected(attempt: job.attempt, .success(ended), asOf: job.updatedAt)
        _ = try await ledger.apply(input, to: jobID)
    }

    /// What an attempt touches.
    func surroundings(
        objects: (any ObjectStore)? = nil,
        telemetry: Telemetry = Telemetry()
    ) -> JobRun.Surroundings {
        JobRun.Surroundings(
            objects: objects ?? self.objects,
            documents: documents,
            layout: Self.layout,
            policy: policy,
            heartbeatSeconds: Self.heartbeatSeconds,
            modelKey: Self.key,
            clock: clock,
            host: "test",
            stopSeconds: Self.stopSeconds,
            runner: "runner-1",
            telemetry: telemetry,
            console: { _ in }
        )
    }

    /// Runs the attempt that is launched, while the clock goes on by itself.
    ///
    /// - Parameter tick: how far the clock goes in a millisecond.
    func run(
        engine: CountingEngine = CountingEngine(),
        notices: (any InterruptionNotices)? = nil,
        sessionSecondsMax: Int? = nil,
        startedAt: Timestamp? = nil,
        stopSeconds: Int = TrainerWorld.stopSeconds,
        command: CommandSettings? = nil,
        scratch: ScratchFolder = .standard,
        runner: String = "runner-1",
        makeEngine: JobRun.EngineMaker? = nil,
        telemetry: Telemetry = Telemetry(),
        console: @escaping @Sendable (ConsoleLine) -> Void = { _ in },
        objects: (any ObjectStore)? = nil,
        stop: StopSignal = StopSignal(),
        tick: Duration = .seconds(1)
    ) async throws -> JobRun.Ending {
        var surroundings = surroundings(objects: objects, telemetry: telemetry)
        surroundings.scratch = scratch
        surroundings.notices = notices
        surroundings.sessionSecondsMax = sessionSecondsMax
        if let startedAt { surroundings.startedAt = startedAt }
        surroundings.stopSeconds = stopSeconds
        surroundings.command = command
        surroundings.runner = runner
        surroundings.console = console
        let standard: JobRun.EngineMaker = { _ in (engine, try ProgramBundle(folder: Repository.programs)) }
        let run = JobRun(
            spec: JobSpec(job: try await job()),
            surroundings: surroundings,
            makeEngine: makeEngine ?? standard
        )
        let clock = clock
        let ticking = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(1))
                clock.advance(by: tick)
            }
        }
        defer { ticking.cancel() }
        return await run.run(stop: stop)
    }

    /// Changes the job as nobody who asks first would.
    func change(_ body: (inout Job) -> Void) async throws {
        var job = try await job()
        body(&job)
        let fields = job.fields
        let write = DocumentWrite.set(job.path, fields, mask: fields.keys.sorted(), if: .exists(true))
        _ = try await documents.commit([write])
    }

    /// Asks for the job to be cancelled, as somebody at a terminal does.
    func cancel() async throws {
        let fields = ["cancel_requested": DocumentValue.boolean(true)]
        let write = DocumentWrite.set(Job.path(of: jobID), fields, mask: ["cancel_requested"], if: .exists(true))
        _ = try await documents.commit([write])
    }

    /// The names of the job's checkpoints' objects under `checkpoints/<job>/`, in order.
    func checkpoints() async throws -> [String] {
        let prefix = Self.layout.checkpoints(jobID: jobID)
        let listed = try await objects.listAll(bucket: Self.layout.trainingBucket, prefix: prefix)
        return listed.map { String($0.name.name.dropFirst(prefix.count)) }.sorted()
    }

    /// An attempt's TensorBoard events, of which the tags are to be found in the text.
    func events(attempt: Int) async throws -> String {
        let bucket = Self.layout.trainingBucket
        let prefix = Self.layout.log(jobID: jobID, name: "events.out.tfevents.").name
        let names = try await objects.listAll(bucket: bucket, prefix: prefix).map(\.name)
        let name = try #require(names.first { $0.name.hasSuffix(".attempt-\(attempt)") })
        return String(decoding: try await objects.bytes(of: name, bytesMax: 1 << 20).bytes, as: UTF8.self)
    }

    /// The messages of an attempt's log.
    func log(attempt: Int) async throws -> [String] {
        let name = Self.layout.log(jobID: jobID, name: "trainer-attempt-\(attempt).log")
        let (bytes, _) = try await objects.bytes(of: name, bytesMax: 1 << 20)
        return try bytes.split(separator: UInt8(ascii: "\n")).map {
            try JSONReader(try JSON(parsing: Array($0)))["message"].string()
        }
    }

    /// Five episodes.
    private static func package(_ config: JobConfig, _ steps: String) throws -> ([UInt8], Manifest) {
        let folder = try TemporaryFolder()
        var sources: [ArchiveWriter.Source] = []
        var blobs: [Manifest.Blob] = []
        for number in 0..<5 {
            let name = "ep_0000\(number)"
            let files = [
                ("\(name)/metadata.json", EpisodeText.metadata(name)),
                ("\(name)/steps/000000.jsonl", steps),
            ]
            for (path, text) in files {
                let file = "\(folder.path)/\(sources.count)"
                try FileIO.write(Array(text.utf8), to: file)
                sources.append(ArchiveWriter.Source(path: path, file: file))
                let digest = SHA256.digest(of: text)
                blobs.append(Manifest.Blob(path: path, size: Int64(text.utf8.count), digest: digest))
            }
        }
        _ = try ArchiveWriter.writeZip(sources, to: "\(folder.path)/archive.zip", compression: .stored)
        let archive = try FileIO.read("\(folder.path)/archive.zip", bytesMax: 1 << 20)
        let now = ManualClock().now()
        let manifest = Manifest(
            robotID: "arm-7",
            environmentID: "lab-3",
            software: Manifest.Software(continuonBrainRuntime: "1.2.3", continuonAIApp: "4.5.6"),
            captureStart: now,
            captureEnd: now,
            packagedAt: now,
            archive: Manifest.Blob(
                path: "archive.zip",
                size: Int64(archive.count),
                digest: SHA256.digest(of: archive)
            ),
            episodes: blobs,
            training: config
        )
        return (archive, manifest)
    }
}

/// What writes fail with, if they do.
final class OutageSwitch: Sendable {
    private let state = Mutex<StoreError?>(nil)

    var error: StoreError? { state.withLock { $0 } }

    func set(_ error: StoreError?) { state.withLock { $0 = error } }
}
