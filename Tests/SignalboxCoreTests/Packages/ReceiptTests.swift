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
