import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Intake under faults")
struct PackageIntakeFaultTests {
    enum Kind: String, Sendable, CaseIterable {
        case good, bad, again, packagedAgain

        func prepare(_ world: IntakeWorld) async throws -> Upload {
            let upload = try Upload()
            switch self {
            case .good:
                try await world.put(upload)
                return upload
            case .bad:
                var flipped = upload
                flipped.archive[40] ^= 1
                try await world.put(flipped)
                return flipped
            case .again, .packagedAgain:
                try await world.put(upload)
                _ = try await world.intake.judge(upload.archiveObject)
                var second = upload
                if self == .packagedAgain { second.manifest.packagedAt = Sample.now }
                second.sign()
                try await world.put(second)
                return second
            }
        }
    }

    /// Whichever call of whichever store fails, before or after it took effect: the event that comes again ends where
    /// an undisturbed one ends.
    @Test("redelivery after a fault at any call ends with the same state", arguments: Kind.allCases, [false, true])
    func everyCall(kind: Kind, after: Bool) async throws {
        let undisturbed = IntakeWorld()
        let upload = try await kind.prepare(undisturbed)
        undisturbed.faults.set(failing: nil)
        _ = try await undisturbed.intake.judge(upload.archiveObject)
        let callCount = undisturbed.faults.callCount
        let expected = try await undisturbed.snapshot()
        #expect(callCount > 5)

        for call in 1...callCount {
            let world = IntakeWorld()
            let upload = try await kind.prepare(world)
            world.faults.set(failing: call, after: after)
            await #expect(throws: StoreError.self, "call \(call)") {
                _ = try await world.intake.judge(upload.archiveObject)
            }
            world.faults.set(failing: nil)
            _ = try await world.intake.judge(upload.archiveObject)
            let state = try await world.snapshot()
            #expect(state == expected, "call \(call) of \(callCount)")
        }
    }

    @Test("many judges of one upload at the same time open one job and write one answer", arguments: Kind.allCases)
    func concurrent(kind: Kind) async throws {
        let undisturbed = IntakeWorld()
        let first = try await kind.prepare(undisturbed)
        _ = try await undisturbed.intake.judge(first.archiveObject)
        let expected = try await undisturbed.snapshot()
        for _ in 0..<20 {
            let world = IntakeWorld()
            let upload = try await kind.prepare(world)
            let outcomes = try await withThrowingTaskGroup(of: IntakeOutcome.self) { group in
                for index in 0..<8 {
                    let object = index.isMultiple(of: 2) ? upload.archiveObject : upload.manifestObject
                    group.addTask { try await world.intake.judge(object) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0.code == "package_accepted" } == (kind == .good ? 1 : 0))
            let state = try await world.snapshot()
            #expect(state == expected)
        }
    }

    @Test(
        "a decision is written also where another writer came first",
        arguments: Kind.allCases,
        [StoreError.Code.alreadyExists, .preconditionFailed, .aborted]
    )
    func otherWriterFirst(kind: Kind, code: StoreError.Code) async throws {
        let world = IntakeWorld()
        let upload = try await kind.prepare(world)
        let racing = ObservedDocuments.losing(races: 3, code: code, base: world.documents)
        let intake = PackageIntake(
            objects: world.objects,
            documents: racing,
            layout: Sample.layout,
            keyring: Keyring([Sample.robot]),
            receiptKey: Sample.receiptKey,
            clock: world.clock
        )
        let outcome = try await intake.judge(upload.archiveObject)
        let status: Receipt.Status = kind == .bad ? .rejected : .accepted
        #expect(try await world.record(of: upload)["status"] == .string(status.rawValue))
        #expect(try await world.receipt(of: upload).status == status)
        #expect(outcome != .superseded)
    }

    @Test("thousands of faults at random leave one job or none")
    func random() async throws {
        for seed in 0..<300 as Range<UInt64> {
            let clock = ManualClock(Sample.now)
            let objects = MemoryObjectStore(clock: clock, faults: .random(seed: seed, share: 0.2))
            let documents = MemoryDocumentStore(clock: clock, faults: .random(seed: seed &+ 1000, share: 0.2))
            let upload = try Self.upload.get()
            for (name, bytes) in [(upload.archiveObject, upload.archive), (upload.manifestObject, upload.envelope)] {
                try await retried { () throws(StoreError) in
                    _ = try await objects.create(name, bytes, contentType: "application/octet-stream")
                }
            }
            let intake = PackageIntake(
                objects: objects,
                documents: documents,
                layout: Sample.layout,
                keyring: Keyring([Sample.robot]),
                receiptKey: Sample.receiptKey,
                clock: clock
            )
            try await retried { () throws(StoreError) in _ = try await intake.judge(upload.archiveObject) }
            var jobs: [Document] = []
            try await retried { () throws(StoreError) in
                jobs = try await documents.queryAll(DocumentQuery(collection: Job.collection))
            }
            #expect(jobs.count == 1, "seed \(seed)")
            #expect(objects.names.count == 5, "seed \(seed): \(objects.names)")
        }
    }

    private static let upload = Result { try Upload() }

    /// Tries again until an answer comes.
    private func retried(_ body: () async throws(StoreError) -> Void) async throws {
        for _ in 0..<1000 {
            do throws(StoreError) { return try await body() } catch {
                try #require(error.isTransient, "\(error)")
            }
        }
        Issue.record("no answer after 1000 tries")
    }
}
