import SignalboxCore
import SignalboxTesting
import Wire

/// An intake on memory stores.
struct IntakeWorld {
    let clock: ManualClock
    let faults = FaultSwitch()
    let objects: MemoryObjectStore
    let documents: MemoryDocumentStore
    let intake: PackageIntake

    init(
        clock: ManualClock = ManualClock(Sample.now),
        keyring: any KeyringProvider = Keyring([Sample.robot]),
        limits: ArchiveLimits = .standard
    ) {
        self.clock = clock
        objects = MemoryObjectStore(clock: clock, faults: faults.plan)
        documents = MemoryDocumentStore(clock: clock, faults: faults.plan)
        intake = PackageIntake(
            objects: objects,
            documents: documents,
            layout: Sample.layout,
            keyring: keyring,
            receiptKey: Sample.receiptKey,
            limits: limits,
            clock: clock
        )
    }

    func put(_ upload: Upload) async throws {
        try await putArchive(upload)
        try await putManifest(upload)
    }

    func putArchive(_ upload: Upload) async throws {
        _ = try await objects.write(
            upload.archiveObject,
            .bytes(upload.archive),
            contentType: "application/zip",
            metadata: [:],
            if: .none
        )
    }

    func putManifest(_ upload: Upload) async throws {
        _ = try await objects.write(
            upload.manifestObject,
            .bytes(upload.envelope),
            contentType: "application/json",
            metadata: [:],
            if: .none
        )
    }

    func receipt(of upload: Upload) async throws -> Receipt {
        try await receipt(at: upload.receiptObject)
    }

    func receipt(at name: ObjectName) async throws -> Receipt {
        let bytes = try await objects.bytes(of: name, bytesMax: Receipt.envelopeBytesMax).bytes
        return try Receipt(verifying: bytes, key: Sample.receiptKey.publicKey)
    }

    func jobs() async throws -> [Job] {
        try await documents.queryAll(DocumentQuery(collection: Job.collection)).map { try Job($0) }
    }

    func record(of upload: Upload) async throws -> [String: DocumentValue] {
        try await documents.get(PackageRecord.path(of: upload.packageID))?.fields ?? [:]
    }

    /// All that an outsider can see, generations and counts of metadata changes aside.
    struct Snapshot: Equatable {
        struct Object: Equatable {
            let bytes: [UInt8]
            let metadata: [String: String]
        }

        var objects: [String: Object] = [:]
        var documents: [String: [String: DocumentValue]] = [:]
    }

    func snapshot() async throws -> Snapshot {
        var snapshot = Snapshot()
        for uri in objects.names {
            guard let name = ObjectName(uri: uri) else { continue }
            let (bytes, metadata) = try await objects.bytes(of: name, bytesMax: 1 << 24)
            snapshot.objects[uri] = Snapshot.Object(bytes: bytes, metadata: metadata.metadata)
        }
        for collection in [PackageRecord.collection, Job.collection] {
            for document in try await documents.queryAll(DocumentQuery(collection: collection)) {
                snapshot.documents[document.path] = document.fields
            }
        }
        return snapshot
    }
}
