import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Upload desk")
struct UploadDeskTests {
    private let world = DeskWorld()

    @Test("a new package gets a session for exactly its archive, and its manifest lies in staging")
    func newPackage() async throws {
        let upload = try Upload()
        let offer = try await world.announce(upload)
        #expect(offer.state == .session && offer.status == 201)
        #expect(offer.session == "session-1" && offer.archive == upload.archiveObject)
        let order = UploadSessionOrder(
            name: upload.archiveObject,
            size: Int64(upload.archive.count),
            crc32c: CRC32C.checksum(of: upload.archive),
            contentType: "application/zip",
            generationMatch: 0
        )
        #expect(world.sessions.orders == [order])
        let staged = try await world.intake.objects.bytes(of: upload.manifestObject, bytesMax: 1 << 20)
        #expect(staged.bytes == upload.envelope)
        #expect(offer.manifestGeneration == staged.metadata.generation && offer.archiveGeneration == nil)
        #expect(offer.json["upload_url"] == "session-1" && offer.json["receipt"] == .null)
        #expect(try await world.intake.objects.metadataIfPresent(of: upload.archiveObject) == nil)
    }

    @Test("an unfinished upload asked for again gets a new session, and the manifest stays as it is")
    func again() async throws {
        let upload = try Upload()
        let first = try await world.announce(upload)
        let second = try await world.announce(upload)
        #expect(second.session == "session-2" && second.manifestGeneration == first.manifestGeneration)
    }

    @Test("from announcement to receipt, and the receipt again")
    func journey() async throws {
        let upload = try Upload()
        _ = try await world.announce(upload)
        #expect(try await failure(upload)?.code == "receipt_pending")
        try await world.intake.putArchive(upload)
        let waiting = try await world.announce(upload)
        #expect(waiting.state == .uploaded && waiting.status == 202 && waiting.archiveGeneration != nil)
        #expect(world.sessions.orders.count == 1)
        #expect(try await world.intake.intake.judge(upload.archiveObject).code == "package_accepted")
        let receipt = try await world.receipt(upload.packageID).get()
        let read = try Receipt(verifying: receipt, key: Sample.receiptKey.publicKey)
        #expect(read.archiveGeneration == waiting.archiveGeneration)
        #expect(read.manifestGeneration == waiting.manifestGeneration)
        let decided = try await world.announce(upload)
        #expect(decided.state == .decided && decided.status == 200)
        let inside = try JSON(parsing: receipt)
        #expect(decided.receipt == receipt && decided.json["receipt"] == inside)
        // Signed again, packaged at another time: the same content.
        var resigned = upload
        resigned.manifest.packagedAt = Sample.now
        resigned.sign()
        #expect(try await world.announce(resigned).receipt == receipt)
    }

    @Test("the same id with another archive is a conflict once it is accepted, and waits its turn before")
    func otherContent() async throws {
        let upload = try Upload()
        var other = upload
        other.setArchive(try TestArchive.zip(Sample.files, compression: .deflate))
        #expect(other.packageID == upload.packageID && other.archive != upload.archive)
        _ = try await world.announce(upload)
        let problem = await world.problem(try world.request(other), other.envelope)
        #expect(problem?.code == "upload_in_progress" && problem?.status == 409)
        #expect(
            try await world.intake.objects.bytes(of: upload.manifestObject, bytesMax: 1 << 20).bytes == upload.envelope
        )
        // A hold does not last for ever.
        world.clock.advance(by: .seconds(UploadRecord.heldSeconds))
        #expect(try await world.announce(other).state == .session)
        try await world.intake.putArchive(other)
        #expect(try await world.intake.intake.judge(other.manifestObject).code == "package_accepted")
        let conflict = await world.problem(try world.request(upload), upload.envelope)
        #expect(conflict?.code == "package_conflict" && conflict?.status == 409)
    }

    @Test("another training of an accepted archive is another job: the manifest is laid anew, nothing is sent again")
    func otherTraining() async throws {
        let upload = try Upload()
        try await world.intake.put(upload)
        _ = try await world.intake.intake.judge(upload.archiveObject)
        let other = try Upload(training: JobConfig(modelName: "reach", epochs: 7))
        #expect(other.archive == upload.archive)
        #expect(try await world.announce(other).state == .uploaded)
        #expect(try await world.intake.intake.judge(other.manifestObject).code == "package_accepted")
        #expect(try await world.intake.jobs().count == 2)
    }

    @Test("what was refused for its bytes is answered by its receipt, and replaced by better bytes")
    func rejected() async throws {
        var bad = try Upload()
        bad.archive[bad.archive.count / 2] ^= 1
        _ = try await world.announce(bad)
        try await world.intake.putArchive(bad)
        guard case .rejected = try await world.intake.intake.judge(bad.archiveObject) else {
            Issue.record("a flipped byte was accepted")
            return
        }
        let decided = try await world.announce(bad)
        #expect(decided.state == .decided)
        let receipt = try Receipt(verifying: decided.receipt ?? [], key: Sample.receiptKey.publicKey)
        #expect(receipt.status == .rejected)
        // The robot's disk has healed: the same manifest, other bytes.
        let good = try Upload()
        let offer = try await world.announce(good)
        #expect(offer.state == .session)
        #expect(try await world.intake.objects.metadataIfPresent(of: bad.archiveObject) == nil)
        try await world.intake.putArchive(good)
        #expect(try await world.intake.intake.judge(good.archiveObject).code == "package_accepted")
    }

    @Test("what was refused for its manifest is judged anew when the manifest has become good")
    func rejectedManifest() async throws {
        let upload = try Upload()
        try await world.intake.put(upload)
        let unknown = PackageIntake(
            objects: world.intake.objects,
            documents: world.intake.documents,
            layout: Sample.layout,
            keyring: Keyring([]),
            receiptKey: Sample.receiptKey,
            clock: world.clock
        )
        #expect(try await unknown.judge(upload.archiveObject).code == "unknown_key")
        let before = try await world.intake.objects.metadata(of: upload.manifestObject).generation
        let offer = try await world.announce(upload)
        #expect(offer.state == .uploaded)
        #expect(try await world.intake.objects.metadata(of: upload.manifestObject).generation > before)
        #expect(try await world.intake.intake.judge(upload.manifestObject).code == "package_accepted")
    }

    @Test("a receipt that was pruned comes again by a new judgement")
    func prunedReceipt() async throws {
        let upload = try Upload()
        try await world.intake.put(upload)
        _ = try await world.intake.intake.judge(upload.archiveObject)
        try await world.intake.objects.delete(upload.receiptObject, generation: nil, if: .none)
        #expect(try await world.announce(upload).state == .uploaded)
        #expect(try await world.intake.intake.judge(upload.manifestObject).code == "package_duplicate")
        #expect(try await world.announce(upload).state == .decided)
        for object in [upload.archiveObject, upload.manifestObject, upload.receiptObject] {
            try await world.intake.objects.delete(object, generation: nil, if: .none)
        }
        #expect(try await world.announce(upload).state == .session)
    }

    @Test("an archive that somebody else just wrote is not replaced before it is old")
    func strangersArchive() async throws {
        let upload = try Upload()
        var other = upload
        other.archive = Array("else".utf8)
        try await world.intake.putArchive(other)
        #expect(try await world.code(upload) == "upload_in_progress")
        world.clock.advance(by: .seconds(UploadRecord.heldSeconds))
        #expect(try await world.announce(upload).state == .session)
    }

    /// A package's two names of an archive are one place.
    private func zstd(_ upload: Upload) throws -> Upload {
        var other = upload
        other.archiveName = "archive.tar.zst"
        other.manifest.archive.path = other.archiveName
        other.setArchive(upload.archive + [0])
        return other
    }

    @Test("a complete upload that nobody has judged yet keeps other content out for a day", arguments: [true, false])
    func undecided(isOtherName: Bool) async throws {
        let upload = try Upload()
        var other = isOtherName ? try zstd(upload) : upload
        if !isOtherName { other.setArchive(try TestArchive.zip(Sample.files, compression: .deflate)) }
        _ = try await world.announce(upload)
        try await world.intake.putArchive(upload)
        world.clock.advance(by: .seconds(UploadRecord.heldSeconds))
        #expect(try await world.code(other) == "upload_in_progress")
        // Its own upload is not in its way, also signed anew.
        #expect(try await world.announce(upload).state == .uploaded)
        world.clock.advance(by: .seconds(UploadRecord.undecidedSeconds - UploadRecord.heldSeconds - 1))
        #expect(try await world.code(other) == "upload_in_progress")
        world.clock.advance(by: .seconds(1))
        #expect(try await world.announce(other).state == .session)
        #expect(try await world.intake.objects.metadataIfPresent(of: upload.archiveObject) == nil)
    }

    @Test("an archive of the other name that no manifest came for is in the way for an hour")
    func otherName() async throws {
        let upload = try Upload()
        let other = try zstd(upload)
        try await world.intake.putArchive(other)
        #expect(try await world.code(upload) == "upload_in_progress")
        world.clock.advance(by: .seconds(UploadRecord.heldSeconds))
        #expect(try await world.announce(upload).state == .session)
        #expect(try await world.intake.objects.metadataIfPresent(of: other.archiveObject) == nil)
    }

    @Test("a refused archive of the other name is no longer in the way", arguments: [true, false])
    func otherNameRefused(isThere: Bool) async throws {
        let upload = try Upload()
        let other = try zstd(upload)
        _ = try await world.announce(other)
        try await world.intake.putArchive(other)
        guard case .rejected = try await world.intake.intake.judge(other.archiveObject) else {
            Issue.record("a zip with a byte more was accepted as tar.zst")
            return
        }
        if isThere { try await world.intake.putArchive(upload) }
        #expect(try await world.announce(upload).state == (isThere ? .uploaded : .session))
        #expect(try await world.intake.objects.metadataIfPresent(of: other.archiveObject) == nil)
        if !isThere { try await world.intake.putArchive(upload) }
        #expect(try await world.intake.intake.judge(upload.archiveObject).code == "package_accepted")
    }

    @Test("of two keys that signed a manifest each may announce it and see its receipt")
    func twoSigners() async throws {
        var upload = try Upload()
        let both = try DSSEEnvelope(parsing: upload.envelope).signed(by: Sample.otherKey, keyID: DeskWorld.second.keyID)
        upload.envelope = both.bytes
        let second = world.signer(Sample.otherKey, keyID: DeskWorld.second.keyID)
        #expect(try await world.announce(upload).state == .session)
        #expect(try await world.announce(upload, signer: second).state == .session)
        try await world.intake.putArchive(upload)
        #expect(try await world.intake.intake.judge(upload.archiveObject).code == "package_accepted")
        #expect(try await failure(upload) == nil)
        #expect(try await failure(upload, signer: second) == nil)
    }

    @Test("a receipt is shown to the key that uploaded, and to no other")
    func ownReceipts() async throws {
        let upload = try Upload()
        try await world.intake.put(upload)
        _ = try await world.intake.intake.judge(upload.archiveObject)
        // Uploaded without the API: the record knows the key.
        #expect(try await failure(upload) == nil)
        let stranger = world.signer(Sample.otherKey, keyID: DeskWorld.second.keyID)
        #expect(try await failure(upload, signer: stranger)?.code == "package_unknown")
        #expect(try await failure("pkg-00000000000000000000000000000000")?.code == "package_unknown")
        #expect(try await failure("..")?.code == "package_unknown")
    }

    @Test("two at once end as one")
    func race() async throws {
        let upload = try Upload()
        let requests = try (0..<4).map { _ in try world.request(upload) }
        let (desk, envelope) = (world.desk, upload.envelope)
        let states = await withTaskGroup(of: String.self) { group in
            for request in requests {
                group.addTask {
                    do throws(Problem) {
                        return try await desk.announce(request, envelope: envelope).state.rawValue
                    } catch {
                        return error.code
                    }
                }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(states.isSubset(of: ["session", "busy"]) && states.contains("session"))
        let staged = try await world.intake.objects.bytes(of: upload.manifestObject, bytesMax: 1 << 20).bytes
        #expect(staged == upload.envelope)
    }

    private func failure(_ upload: Upload, signer: HTTPRequestSigner? = nil) async throws -> Problem? {
        try await failure(upload.packageID, signer: signer)
    }

    private func failure(_ packageID: String, signer: HTTPRequestSigner? = nil) async throws -> Problem? {
        guard case .failure(let problem) = try await world.receipt(packageID, signer: signer) else { return nil }
        return problem
    }
}
