import SignalboxCore
import Testing
import Wire

/// Against securesystemslib and in-toto-attestation, the reference libraries in Python.
@Suite("DSSE beside the reference libraries", .serialized)
struct DSSEInteroperabilityTests {
    static let publicKey = Base64.encode(Sample.robotKey.publicKey.bytes)
    static let seed = Base64.encode(Sample.robotKey.seed)

    @Test("our envelope verifies there, and its payload is an in-toto statement")
    func ours() throws {
        let envelope = try Upload().envelope
        let outcome = try PythonEnvironment.run(
            "dsse_interop.py",
            ["verify", Self.publicKey, Sample.keyID],
            input: envelope
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let payload = try DSSEEnvelope(parsing: envelope).payload
        #expect(String(decoding: outcome.output, as: UTF8.self) == SHA256.digest(of: payload).hex + "\n")
    }

    @Test("an envelope that we refuse is refused there")
    func oursSpoilt() throws {
        var upload = try Upload()
        try upload.editEnvelope { envelope in
            guard case .string(let text) = envelope[pointer: "/payload"], var payload = Base64.decode(text) else {
                return
            }
            payload[100] ^= 1
            envelope[pointer: "/payload"] = .string(Base64.encode(payload))
        }
        let arguments = ["verify", Self.publicKey, Sample.keyID]
        let outcome = try PythonEnvironment.run("dsse_interop.py", arguments, input: upload.envelope)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("VerificationError"))
    }

    @Test("their envelope is accepted here")
    func theirs() throws {
        let manifest = try Upload().manifest
        let arguments = ["sign", Self.seed, Sample.keyID]
        let outcome = try PythonEnvironment.run("dsse_interop.py", arguments, input: manifest.statement.bytes)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let verifier = ManifestVerifier(keyring: Keyring([Sample.robot]))
        #expect(try verifier.verify(outcome.output, now: Sample.now).manifest == manifest)
    }
}
