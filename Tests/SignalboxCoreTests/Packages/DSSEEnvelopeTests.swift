import SignalboxCore
import Testing
import Wire

@Suite("DSSE envelopes")
struct DSSEEnvelopeTests {
    /// The example of the protocol page of the DSSE specification.
    @Test("sign the specification's encoding")
    func preAuthenticationEncoding() {
        let bytes = DSSEEnvelope.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld",
            payload: Array("hello world".utf8)
        )
        #expect(String(decoding: bytes, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test("count UTF-8 bytes, not characters")
    func preAuthenticationEncodingCountsBytes() {
        let bytes = DSSEEnvelope.preAuthenticationEncoding(type: "ä", payload: Array("é".utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == "DSSEv1 2 ä 2 é")
    }

    @Test("come back as they were signed")
    func roundTrip() throws {
        let envelope = DSSEEnvelope(signing: [0, 255, 10], key: Sample.robotKey, keyID: "k")
        let read = try DSSEEnvelope(parsing: envelope.bytes)
        #expect(read == envelope)
        #expect(read.isValid(read.signatures[0], by: Sample.robotKey.publicKey))
        #expect(!read.isValid(read.signatures[0], by: Sample.otherKey.publicKey))
    }

    @Test("bind the payload type to the signature")
    func typeIsSigned() throws {
        let text = String(decoding: DSSEEnvelope(signing: [1], key: Sample.robotKey, keyID: "k").bytes, as: UTF8.self)
        let other = text.replacing("in-toto+json", with: "in-tota+json")
        let envelope = try DSSEEnvelope(parsing: Array(other.utf8))
        #expect(!envelope.isValid(envelope.signatures[0], by: Sample.robotKey.publicKey))
    }

    @Test("may leave the key id away")
    func withoutKeyID() throws {
        let text = #"{"payload":"","payloadType":"t","signatures":[{"sig":"AA=="}]}"#
        #expect(try DSSEEnvelope(parsing: Array(text.utf8)).signatures[0].keyID == "")
    }

    @Test("carry a bounded number of signatures")
    func bounded() throws {
        let signature = #"{"keyid":"k","sig":"AA=="}"#
        let list = Array(repeating: signature, count: 100).joined(separator: ",")
        let text = #"{"payload":"","payloadType":"t","signatures":["# + list + "]}"
        let envelope = try DSSEEnvelope(parsing: Array(text.utf8))
        #expect(envelope.signatures.count == DSSEEnvelope.signaturesMax)
    }

    @Test(
        "refuse all that is none",
        arguments: [
            ("", RefusalCode.envelopeMalformed),
            ("[]", .envelopeMalformed),
            (#"{"payload":"!","payloadType":"t","signatures":[{"sig":"AA=="}]}"#, .envelopeMalformed),
            (#"{"payload":"","signatures":[{"sig":"AA=="}]}"#, .envelopeMalformed),
            (#"{"payload":"","payloadType":"t","signatures":{}}"#, .envelopeMalformed),
            (#"{"payload":"","payloadType":"t","signatures":[{"keyid":"k"}]}"#, .envelopeMalformed),
            (#"{"payload":"","payload":"","payloadType":"t","signatures":[{"sig":"AA=="}]}"#, .envelopeMalformed),
            (#"{"payload":"","payloadType":"t","signatures":[]}"#, .unsigned),
        ]
    )
    func refused(text: String, code: RefusalCode) {
        #expect(refusalCode { () throws(Refusal) in _ = try DSSEEnvelope(parsing: Array(text.utf8)) } == code)
    }
}
