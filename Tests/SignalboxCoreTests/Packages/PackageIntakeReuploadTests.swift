import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Intake of replaced uploads")
struct PackageIntakeReuploadTests {
    @Test("leaves an accepted package alone when flipped bytes come after it")
    func flippedAfterAcceptance() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        let job = try await world.jobs()[0]
        let record = try await world.record(of: upload)
        var flipped = upload
        flipped.archive[40] ^= 1
        try await world.putArchive(flipped)

        let outcome = try await world.intake.judge(upload.archiveObject)

        #expect(outcome.code == RefusalCode.archiveDigest.rawValue)
        #expect(try await world.jobs() == [job])
        #expect(try await world.record(of: upload) == record)
        let kept = try await world.objects.bytes(of: job.dataset.archive, bytesMax: 1 << 20).bytes
        #expect(kept == upload.archive)
        #expect(try await world.receipt(of: upload).status == .rejected)

        // And the good bytes once more.
        try await world.putArchive(upload)
        #expect(try await world.intake.judge(upload.archiveObject) == .duplicate(jobID: job.id))
        #expect(try await world.receipt(of: upload).status == .accepted)
        let marks = try await world.objects.metadata(of: upload.archiveObject).metadata
        #expect(marks == [PackageIntake.statusKey: "accepted"])
    }

    @Test("accepts a corrected upload after a refused one, and keeps the refusal's receipt")
    func corrected() async throws {
        let upload = try Upload()
        var flipped = upload
        flipped.archive[40] ^= 1
        let world = IntakeWorld()
        try await world.put(flipped)
        #expect(try await world.intake.judge(upload.archiveObject).code == RefusalCode.archiveDigest.rawValue)
        let record = try await world.record(of: upload)
        guard case .string(let uri) = record["receipt_uri"], let name = ObjectName(uri: uri) else {
            Issue.record("no receipt in \(record)")
            return
        }

        try await world.putArchive(upload)
        #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")

        #expect(try await world.record(of: upload)["status"] == .string("accepted"))
        #expect(try await world.record(of: upload)["code"] == nil)
        #expect(try await world.receipt(of: upload).status == .accepted)
        #expect(try await world.receipt(at: name).code == .archiveDigest)
        let marks = try await world.objects.metadata(of: upload.manifestObject).metadata
        #expect(marks == [PackageIntake.statusKey: "accepted"])
    }

    @Test("a second refusal of other bytes has a receipt of its own")
    func refusedTwice() async throws {
        var upload = try Upload()
        let world = IntakeWorld()
        for bit in [1, 2] as [UInt8] {
            upload.archive[40] ^= bit
            try await world.put(upload)
            _ = try await world.intake.judge(upload.archiveObject)
        }
        #expect(world.objects.names.count { $0.contains("/rejections/") } == 2)
    }

    /// A bucket that is not there answers 404 as well: an upload must not be dropped for it.
    @Test("does not take a missing training bucket for a superseded upload")
    func missingBucket() async throws {
        let upload = try Upload()
        let clock = ManualClock(Sample.now)
        let noBucket = FaultPlan { operation, _ in
            operation == "copy" ? .before(StoreError(.notFound, "no such bucket")) : nil
        }
        let objects = MemoryObjectStore(clock: clock, faults: noBucket)
        for (name, bytes) in [(upload.archiveObject, upload.archive), (upload.manifestObject, upload.envelope)] {
            _ = try await objects.create(name, bytes, contentType: "application/octet-stream")
        }
        let intake = PackageIntake(
            objects: objects,
            documents: MemoryDocumentStore(clock: clock),
            layout: Sample.layout,
            keyring: Keyring([Sample.robot]),
            receiptKey: Sample.receiptKey,
            clock: clock
        )
        do throws(StoreError) {
            let outcome = try await intake.judge(upload.archiveObject)
            Issue.record("answered \(outcome)")
        } catch {
            #expect(error.code == .notFound)
        }
    }

    @Test("judges the archive that the manifest names, not another that lies beside it")
    func otherArchiveBeside() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        var manifest = upload.manifest
        manifest.archive.path = "archive.tar.zst"
        let other = Upload(manifest: manifest, archive: upload.archive)
        try await world.putManifest(other)
        try await world.putArchive(upload)
        #expect(try await world.intake.judge(upload.archiveObject) == .incomplete(missing: "archive.tar.zst"))
    }

    /// Before the manifest is known to be genuine nobody knows which of two archives it means.
    @Test("refuses early for the archive that the event names, else for the newest", arguments: [true, false])
    func earlyRefusal(isNamed: Bool) async throws {
        var upload = try Upload()
        upload.sign(by: Sample.otherKey)
        var older = upload
        older.archiveName = "archive.tar.zst"
        let world = IntakeWorld()
        try await world.putArchive(older)
        world.clock.advance(by: .seconds(1))
        try await world.put(upload)
        let event = isNamed ? older.archiveObject : upload.manifestObject
        #expect(try await world.intake.judge(event).code == RefusalCode.badSignature.rawValue)
        let meant = isNamed ? older.archiveObject : upload.archiveObject
        let generation = try await world.objects.metadata(of: meant).generation
        #expect(try await world.receipt(of: upload).archiveGeneration == generation)
    }

    @Test("does not believe a dataset's object that somebody else wrote")
    func foreignDataset() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        let name = Sample.layout.dataset(
            packageID: upload.packageID,
            manifest: SHA256.digest(of: upload.envelope),
            name: upload.archiveName
        )
        _ = try await world.objects.create(name, upload.archive.reversed(), contentType: "application/zip")
        do throws(StoreError) {
            let outcome = try await world.intake.judge(upload.archiveObject)
            Issue.record("answered \(outcome)")
        } catch {
            #expect(error.code == .dataLoss)
        }
        #expect(try await world.jobs().isEmpty)
        // An earlier delivery's copy is as good as an own one.
        _ = try await world.objects.write(
            name,
            .bytes(upload.archive),
            contentType: "application/zip",
            metadata: [:],
            if: .none
        )
        #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")
    }

    @Test("answers a revoked key's upload as refused, also when the same bytes were accepted before")
    func revokedSince() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        var revoked = Sample.robot
        revoked.revokedAt = Sample.now
        let strict = PackageIntake(
            objects: world.objects,
            documents: world.documents,
            layout: Sample.layout,
            keyring: Keyring([revoked]),
            receiptKey: Sample.receiptKey,
            clock: world.clock
        )
        try await world.put(upload)
        #expect(try await strict.judge(upload.archiveObject).code == RefusalCode.keyRevoked.rawValue)
        #expect(try await world.record(of: upload)["status"] == .string("accepted"))
    }

    @Test("takes a late refusal of an accepted upload for what it is: another delivery was accepted")
    func lateRefusal() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        let ignorant = PackageIntake(
            objects: world.objects,
            documents: world.documents,
            layout: Sample.layout,
            keyring: Keyring(),
            receiptKey: Sample.receiptKey,
            clock: world.clock
        )
        let job = try await world.jobs()[0]
        #expect(try await ignorant.judge(upload.archiveObject) == .duplicate(jobID: job.id))
        #expect(try await world.receipt(of: upload).status == .accepted)
        let marks = try await world.objects.metadata(of: upload.archiveObject).metadata
        #expect(marks == [PackageIntake.statusKey: "accepted"])
    }
}
