import CloudEvents
import Handlers
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

/// The handlers on memory stores, called as a function's server calls them.
final class HandlerWorld: Sendable {
    static let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training")

    let clock = ManualClock()
    let documents: MemoryDocumentStore
    let objects: MemoryObjectStore
    let tier = ScriptedTier()
    private let lines = Mutex<[JSON]>([])

    /// - Parameter error: what every call of the stores fails with.
    init(error: StoreError? = nil) {
        let faults = FaultPlan { _, _ in error.map(FaultPlan.Fault.before) }
        documents = MemoryDocumentStore(clock: clock, faults: faults)
        objects = MemoryObjectStore(clock: clock, faults: faults)
    }

    /// The lines that were logged.
    var logged: [JSON] { lines.withLock { $0 } }

    private var log: EventLog {
        EventLog(clock: clock) { line in
            self.lines.withLock { $0.append((try? JSON(parsing: Array(line.utf8))) ?? .null) }
        }
    }

    private var dispatch: Dispatch { Dispatch(tiers: [tier]) }

    private var controller: JobController {
        JobController(
            ledger: JobLedger(documents: documents, policy: JobPolicy()),
            objects: objects,
            layout: Self.layout,
            dispatch: dispatch,
            random: SeededRandomSource(seed: 1)
        )
    }

    func answerOfJob(_ event: IncomingEvent) async -> EventAnswer {
        await JobHandler(controller: controller).handle(event, log: log)
    }

    func answerOfUpload(_ event: IncomingEvent) async throws -> EventAnswer {
        let intake = PackageIntake(
            objects: objects,
            documents: documents,
            layout: Self.layout,
            keyring: Keyring([]),
            receiptKey: try #require(Ed25519PrivateKey(seed: Array(0..<32))),
            clock: clock
        )
        return await UploadHandler(intake: intake).handle(event, log: log)
    }

    func answerOfPrune(_ event: IncomingEvent) async -> EventAnswer {
        let handler = PruneHandler(
            pruner: Pruner(
                objects: objects,
                documents: documents,
                layout: Self.layout,
                policy: RetentionPolicy(),
                clock: clock
            ),
            sweeper: Sweeper(
                objects: objects,
                layout: Self.layout,
                documents: documents,
                controller: controller,
                dispatch: dispatch,
                clock: clock
            ),
            expired: ExpiredDocuments(documents: documents, clock: clock)
        )
        return await handler.handle(event, log: log)
    }

    /// A job that waits, as the intake opens it.
    func openJob() async throws -> Job {
        let digest = SHA256.digest(of: "manifest")
        let package = "pkg-a8dbac9d3593649aa80b7ffddabca61b"
        let job = Job(
            packageID: package,
            robotID: "robot-7",
            config: JobConfig(modelName: "grasp", epochs: 1),
            dataset: DatasetReference(
                archive: Self.layout.dataset(packageID: package, manifest: digest, name: "archive.zip"),
                archiveGeneration: 1,
                manifest: Self.layout.dataset(packageID: package, manifest: digest, name: "manifest.dsse.json"),
                manifestGeneration: 2,
                manifestDigest: digest
            ),
            now: clock.now()
        )
        _ = try await documents.commit([.create(job.path, job.fields)])
        return job
    }

    /// An object of one byte.
    func put(_ name: ObjectName) async throws {
        _ = try await objects.write(
            name,
            .bytes([1]),
            contentType: "application/octet-stream",
            metadata: [:],
            if: .none
        )
    }

    /// A job as its document says it now.
    func current(_ job: Job) async throws -> Job { try Job(#require(try await documents.get(job.path))) }

    /// The event of a written document, or of a deleted one.
    static func written(_ path: String, isDeleted: Bool = false) -> IncomingEvent {
        let document = Document(
            name: "projects/p/databases/(default)/documents/\(path)",
            fields: [:],
            createTime: Timestamp(seconds: 1),
            updateTime: Timestamp(seconds: 1)
        )
        let data = isDeleted ? DocumentEventData(value: nil, oldValue: document) : DocumentEventData(value: document)
        return event("google.cloud.firestore.document.v1.written", "application/protobuf", data.protobuf)
    }

    /// The event of a final object.
    static func finalized(_ object: ObjectName) -> IncomingEvent {
        let data: JSON = ["bucket": .string(object.bucket), "name": .string(object.name)]
        return event("google.cloud.storage.object.v1.finalized", "application/json", data.bytes)
    }

    static func event(_ type: String, _ contentType: String, _ data: [UInt8]) -> IncomingEvent {
        .cloudEvent(CloudEvent(id: "e1", source: "s", type: type, dataContentType: contentType, data: data))
    }
}
