import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("Intake")
struct PackageIntakeTests {
    @Test("keeps a good package and opens its job")
    func accepted() async throws {
        let config = JobConfig(modelName: "reach", epochs: 7)
        let upload = try Upload(training: config)
        let world = IntakeWorld()
        try await world.put(upload)

        let outcome = try await world.intake.judge(upload.manifestObject)

        let job = try #require(try await world.jobs().first)
        #expect(outcome == .accepted(jobID: job.id))
        #expect(job.id == JobID.derive(packageID: upload.packageID, config: config))
        #expect(job.phase == .pending)
        #expect(job.config == config)
        #expect(job.robotID == Sample.robotID)
        #expect(job.createdAt == Sample.now)
        #expect(job.dataset.manifestDigest == SHA256.digest(of: upload.envelope))
        let archive = try await world.objects.bytes(
            of: job.dataset.archive,
            generation: job.dataset.archiveGeneration,
            bytesMax: 1 << 20
        )
        #expect(archive.bytes == upload.archive)
        let manifest = try await world.objects.bytes(
            of: job.dataset.manifest,
            generation: job.dataset.manifestGeneration,
            bytesMax: 1 << 20
        )
        #expect(manifest.bytes == upload.envelope)
        let receipt = try await world.receipt(of: upload)
        #expect(receipt.status == .accepted)
        #expect(receipt.jobID == job.id)
        #expect(!receipt.isDuplicate)
        #expect(receipt.archiveGeneration == (try await world.objects.metadata(of: upload.archiveObject).generation))
        let record = try await world.record(of: upload)
        #expect(record["status"] == .string("accepted"))
        #expect(record["key_id"] == .string(Sample.keyID))
        #expect(record["key_ids"] == .array([.string(Sample.keyID)]))
        #expect(receipt.manifestDigest == SHA256.digest(of: upload.envelope))
        #expect(receipt.archiveDigest == SHA256.digest(of: upload.archive))
        #expect(record["episodes"] == .integer(4))
        for object in [upload.archiveObject, upload.manifestObject] {
            let metadata = try await world.objects.metadata(of: object).metadata
            #expect(metadata == [PackageIntake.statusKey: "accepted"])
        }
    }

    @Test("trains with the standard config where the robot says nothing")
    func standardConfig() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        #expect(try await world.jobs().map(\.config) == [.standard])
    }

    @Test("waits for the other half, whichever comes first", arguments: [true, false])
    func eitherFirst(archiveFirst: Bool) async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        if archiveFirst { try await world.putArchive(upload) } else { try await world.putManifest(upload) }
        let early = try await world.intake.judge(archiveFirst ? upload.archiveObject : upload.manifestObject)
        let missing = archiveFirst ? PackageLocation.manifestName : "archive.zip"
        #expect(early == .incomplete(missing: missing))
        #expect(try await world.snapshot().documents.isEmpty)

        if archiveFirst { try await world.putManifest(upload) } else { try await world.putArchive(upload) }
        let late = try await world.intake.judge(archiveFirst ? upload.manifestObject : upload.archiveObject)
        #expect(late.code == "package_accepted")
    }

    @Test("passes over what is no part of a package")
    func notAPackage() async throws {
        let world = IntakeWorld()
        let upload = try Upload()
        for name in [ObjectName(bucket: "staging", name: "x"), upload.receiptObject] {
            #expect(try await world.intake.judge(name) == .notAPackage)
        }
    }

    @Test("reads no object of another bucket than staging")
    func otherBucket() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        let name = ObjectName(bucket: "training", name: upload.archiveObject.name)
        for (object, bytes) in [(name, upload.archive), (upload.manifestObject, upload.envelope)] {
            _ = try await world.objects.create(object, bytes, contentType: "application/octet-stream")
        }
        world.faults.set(failing: nil)
        let outcome = try await world.intake.judge(name)
        #expect(outcome == .bucketNotAllowed && outcome.code == "bucket_not_allowed")
        #expect(world.faults.callCount == 0)
    }

    @Test("answers the second event of an upload as the first, and changes nothing")
    func duplicateEvent() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        let first = try await world.intake.judge(upload.archiveObject)
        let before = try await world.snapshot()
        let second = try await world.intake.judge(upload.manifestObject)
        #expect(first.code == "package_accepted")
        #expect(second == .duplicate(jobID: try await world.jobs()[0].id))
        #expect(try await world.snapshot() == before)
    }

    @Test("trains nothing again for an identical upload, and says so in the receipt")
    func identicalUpload() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        let job = try await world.jobs()[0]
        let record = try await world.record(of: upload)
        world.clock.advance(by: .seconds(3600))
        try await world.put(upload)
        let outcome = try await world.intake.judge(upload.archiveObject)
        #expect(outcome == .duplicate(jobID: job.id))
        #expect(try await world.jobs() == [job])
        let again = try await world.record(of: upload)
        for name in ["status", "job_id", "manifest_sha256", "archive_sha256"] { #expect(again[name] == record[name]) }
        #expect(again["duplicate"] == .boolean(true))
        let receipt = try await world.receipt(of: upload)
        #expect(receipt.status == .accepted)
        #expect(receipt.isDuplicate)
        #expect(receipt.jobID == job.id)
    }

    @Test("meets the same job when the same episodes are packaged again")
    func packagedAgain() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        var again = upload
        again.manifest.packagedAt = Sample.now
        again.sign()
        #expect(again.envelope != upload.envelope)
        try await world.put(again)
        let outcome = try await world.intake.judge(again.archiveObject)
        #expect(outcome == .duplicate(jobID: try await world.jobs()[0].id))
        #expect(try await world.jobs().count == 1)
        #expect(try await world.receipt(of: again).isDuplicate)
        let before = try await world.snapshot()
        _ = try await world.intake.judge(again.manifestObject)
        #expect(try await world.snapshot() == before)
    }

    @Test("opens another job for another config of the same episodes")
    func otherConfig() async throws {
        let world = IntakeWorld()
        for epochs in [1, 2] {
            let upload = try Upload(training: JobConfig(epochs: epochs))
            try await world.put(upload)
            #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")
            #expect(try await world.receipt(of: upload).isDuplicate == false)
        }
        #expect(try await world.jobs().map(\.config.epochs).sorted() == [1, 2])
    }

    @Test("asks for the keyring anew: a revocation counts from the next package on")
    func revocation() async throws {
        let isRevoked = Mutex(false)
        let world = IntakeWorld(keyring: KeyringScript { Self.keyring(isRevoked: isRevoked.withLock { $0 }) })
        var outcomes: [String] = []
        for members in [Sample.files, Array(Sample.files.dropLast())] {
            let upload = try Upload(members)
            try await world.put(upload)
            outcomes.append(try await world.intake.judge(upload.archiveObject).code)
            isRevoked.withLock { $0 = true }
        }
        #expect(outcomes == ["package_accepted", RefusalCode.keyRevoked.rawValue])
    }

    @Test("refuses a package whose key is revoked while it is read")
    func revocationMeanwhile() async throws {
        let asked = Mutex(0)
        let script = KeyringScript {
            Self.keyring(
                isRevoked: asked.withLock { asked in
                    asked += 1
                    return asked > 1
                }
            )
        }
        let world = IntakeWorld(keyring: script)
        let upload = try Upload()
        try await world.put(upload)
        #expect(try await world.intake.judge(upload.archiveObject).code == RefusalCode.keyRevoked.rawValue)
        #expect(try await world.jobs().isEmpty)
    }

    private static func keyring(isRevoked: Bool) -> Keyring {
        var key = Sample.robot
        if isRevoked { key.revokedAt = Sample.now }
        return Keyring([key])
    }

    @Test("decides nothing while the keyring cannot be read")
    func unreadableKeyring() async throws {
        let upload = try Upload()
        let world = IntakeWorld(keyring: KeyringScript { try Keyring(parsing: []) })
        try await world.put(upload)
        let before = try await world.snapshot()
        do throws(StoreError) {
            let outcome = try await world.intake.judge(upload.archiveObject)
            Issue.record("answered \(outcome)")
        } catch {
            #expect(error.isTransient)
        }
        #expect(try await world.snapshot() == before)
    }
}
