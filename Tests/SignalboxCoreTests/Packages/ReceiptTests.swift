import SignalboxCore
import Testing
import Wire

@Suite("Receipts")
struct ReceiptTests {
    static let accepted = Receipt(
        packageID: "pkg-a8dbac9d3593649aa80b7ffddabca61b",
        robotID: Sample.robotID,
        status: .accepted,
        message: "accepted",
        archiveGeneration: 1,
        manifestGeneration: Int64.max,
        archiveDigest: SHA256.digest(of: "archive"),
        manifestDigest: SHA256.digest(of: "manifest"),
        jobID: "job-1",
        isDuplicate: true,
        decidedAt: Sample.now
    )

    static var rejected: Receipt {
        var receipt = accepted
        receipt.status = .rejected
        receipt.code = .memberDigest
        receipt.jobID = nil
        receipt.isDuplicate = false
        return receipt
    }

    @Test("come back as they were signed", arguments: [accepted, rejected])
    func roundTrip(receipt: Receipt) throws {
        let bytes = receipt.signed(by: Sample.receiptKey, keyID: "intake")
        #expect(try Receipt(verifying: bytes, key: Sample.receiptKey.publicKey) == receipt)
        #expect(bytes.count <= Receipt.envelopeBytesMax)
    }

    @Test("may be of an intake that told no digests yet")
    func withoutDigests() throws {
        var payload = Self.accepted.json
        for name in ["archive_sha256", "manifest_sha256"] { payload[pointer: "/" + name] = nil }
        let bytes = DSSEEnvelope(
            signing: payload.bytes,
            type: Receipt.payloadType,
            key: Sample.receiptKey,
            keyID: "intake"
        ).bytes
        var receipt = Self.accepted
        (receipt.archiveDigest, receipt.manifestDigest) = (nil, nil)
        #expect(try Receipt(verifying: bytes, key: Sample.receiptKey.publicKey) == receipt)
    }

    @Test("speak of an upload by its generations, or by all of its bytes", arguments: 0..<16)
    func upload(differences: Int) {
        func differs(_ bit: Int) -> Bool { differences & (1 << bit) != 0 }
        let other = SHA256.digest(of: "other")
        let upload = Receipt.Subject(
            archiveGeneration: differs(0) ? 2 : 1,
            manifestGeneration: differs(1) ? 2 : Int64.max,
            archiveDigest: differs(2) ? other : SHA256.digest(of: "archive"),
            manifestDigest: differs(3) ? other : SHA256.digest(of: "manifest")
        )
        #expect(Self.accepted.isOf(upload) == (differences & 3 == 0 || differences & 12 == 0))
        var untold = Self.accepted
        (untold.archiveDigest, untold.manifestDigest) = (nil, nil)
        #expect(untold.isOf(upload) == (differences & 3 == 0))
    }

    @Test("speak of one package, and of one archive of it where they say so")
    func subject() throws {
        let manifest = try Upload().manifest
        var receipt = Self.accepted
        func code() -> RefusalCode? { refusalCode { () throws(Refusal) in try receipt.check(isOf: manifest) } }
        #expect(code() == .wrongPlace)
        receipt.packageID = manifest.packageID
        #expect(code() == .archiveDigest)
        for digest in [nil, manifest.archive.digest] {
            receipt.archiveDigest = digest
            #expect(code() == nil)
        }
        receipt.robotID = "arm-8"
        #expect(code() == .wrongPlace)
    }

    @Test("keep generations beyond what JSON numbers hold")
    func generations() {
        #expect(Self.accepted.json["manifest_generation"] == "9223372036854775807")
    }

    @Test("are believed from the intake's key only")
    func otherKey() {
        let bytes = Self.accepted.signed(by: Sample.otherKey, keyID: "intake")
        #expect(code(bytes) == .badSignature)
    }

    @Test("are not to be confused with manifests that the same key signed")
    func otherType() {
        let bytes = DSSEEnvelope(signing: Self.accepted.json.bytes, key: Sample.receiptKey, keyID: "intake").bytes
        #expect(code(bytes) == .payloadType)
    }

    @Test("are refused in pieces")
    func malformed() {
        let payload = Array("{}".utf8)
        let bytes = DSSEEnvelope(
            signing: payload,
            type: Receipt.payloadType,
            key: Sample.receiptKey,
            keyID: "intake"
        ).bytes
        #expect(code(bytes) == .envelopeMalformed)
    }

    private func code(_ bytes: [UInt8]) -> RefusalCode? {
        refusalCode { () throws(Refusal) in _ = try Receipt(verifying: bytes, key: Sample.receiptKey.publicKey) }
    }
}
