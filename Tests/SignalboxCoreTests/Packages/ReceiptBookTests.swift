import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The book of receipts")
struct ReceiptBookTests {
    private let world = IntakeWorld()

    private var book: ReceiptBook {
        ReceiptBook(
            objects: world.objects,
            documents: world.documents,
            layout: Sample.layout,
            key: Sample.receiptKey.publicKey
        )
    }

    /// Has a package judged, a second after the one before.
    private func judge(_ upload: Upload) async throws {
        try await world.put(upload)
        _ = try await world.intake.judge(upload.archiveObject)
        world.clock.advance(by: .seconds(1))
    }

    private func good(robot: String = Sample.robotID, _ count: Int = 4) throws -> Upload {
        var upload = try Upload(Array(Sample.files.prefix(count)))
        upload.manifest.robotID = robot
        upload.setEpisodes(upload.manifest.episodes)
        return upload
    }

    private func refused() throws -> Upload {
        var upload = try good(2)
        upload.sign(by: Sample.otherKey)
        return upload
    }

    private func overwrite(_ name: ObjectName, _ bytes: [UInt8]) async throws {
        _ = try await world.objects.write(
            name,
            .bytes(bytes),
            contentType: "application/json",
            metadata: [:],
            if: .none
        )
    }

    @Test("lists accepted and refused ones, each once and verified, the newest first")
    func all() async throws {
        let uploads = [try good(), try refused(), try good(robot: "arm-8")]
        for upload in uploads { try await judge(upload) }
        let entries = try await book.entries(limit: 10)
        #expect(entries.map(\.receipt.packageID) == uploads.reversed().map(\.packageID))
        #expect(entries.map(\.receipt.status) == [.accepted, .rejected, .accepted])
        #expect(entries.map(\.receipt.code) == [nil, .badSignature, nil])
        #expect(entries.allSatisfy { $0.isVerified && $0.problem == nil })
    }

    @Test("lists no more than were asked for, of one robot or status")
    func filters() async throws {
        for upload in [try good(), try refused(), try good(robot: "arm-8")] { try await judge(upload) }
        let robots = try await book.entries(ReceiptBook.Filter(robotID: Sample.robotID), limit: 10)
        #expect(robots.map(\.receipt.status) == [.rejected, .accepted])
        let rejected = try await book.entries(ReceiptBook.Filter(status: .rejected), limit: 10)
        #expect(rejected.map(\.receipt.code) == [.badSignature])
        let newest = try await book.entries(limit: 1)
        #expect(newest.map(\.receipt.robotID) == ["arm-8"])
    }

    @Test("marks what the intake's key did not sign")
    func forged() async throws {
        let upload = try good()
        try await judge(upload)
        var receipt = try await world.receipt(of: upload)
        receipt.message = "made up"
        try await overwrite(upload.receiptObject, receipt.signed(by: Sample.otherKey, keyID: "intake"))
        let entries = try await book.entries(limit: 10)
        #expect(entries.map(\.isVerified) == [false])
        #expect(entries.first?.problem?.hasPrefix("bad_signature") == true)
    }

    @Test("marks a genuine receipt that lies beside another package")
    func misplaced() async throws {
        let (upload, other) = (try good(), try refused())
        for upload in [upload, other] { try await judge(upload) }
        let receipt = try await world.receipt(of: upload).signed(by: Sample.receiptKey, keyID: "intake")
        try await overwrite(other.receiptObject, receipt)
        let entries = try await book.entries(limit: 10)
        // The refusal is still told, from its copy; the receipt in its own place counts, not the one that was moved.
        #expect(entries.map(\.receipt.status) == [.rejected, .accepted])
        #expect(entries.allSatisfy { $0.isVerified })
        try await world.objects.delete(upload.receiptObject, generation: nil, if: .none)
        #expect(try await book.entries(limit: 10).filter { !$0.isVerified }.map(\.place) == [other.receiptObject.uri])
    }

    @Test("falls back on the documents, unsigned, where retention removed the receipts")
    func recorded() async throws {
        let upload = try good()
        try await judge(upload)
        try await world.objects.delete(upload.receiptObject, generation: nil, if: .none)
        let entries = try await book.entries(limit: 10)
        let jobs = try await world.jobs()
        #expect(entries.map(\.receipt.jobID) == jobs.map(\.id))
        #expect(entries.map(\.isVerified) == [false])
        #expect(entries.first?.place == PackageRecord.path(of: upload.packageID))
    }

    @Test("passes over what only has a receipt's name")
    func rubbish() async throws {
        let upload = try good()
        for bytes in [[], Array("hello".utf8), [UInt8](repeating: 0x20, count: Receipt.envelopeBytesMax + 1)] {
            try await overwrite(upload.receiptObject, bytes)
            #expect(try await book.entries(limit: 10).isEmpty)
        }
    }
}
