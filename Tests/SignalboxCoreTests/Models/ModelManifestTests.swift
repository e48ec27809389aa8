import SignalboxCore
import Testing
import Wire

@Suite("Model manifests")
struct ModelManifestTests {
    static var manifest: ModelManifest {
        var job = Sample.job(.running, attempt: 2)
        job.id = "job-1"
        return ModelManifest(
            spec: JobSpec(job: job),
            name: "reach",
            version: 3,
            files: [Member("model.safetensors", "weights").blob, Member("model.json", "{}").blob],
            createdAt: Sample.now
        )
    }

    private static let key = Sample.receiptKey

    private static var payload: [UInt8] {
        get throws { try DSSEEnvelope(parsing: manifest.signed(by: key, keyID: "models")).payload }
    }

    @Test("come back as they were signed")
    func roundTrip() throws {
        let bytes = Self.manifest.signed(by: Self.key, keyID: "models")
        let read = try ModelManifest(verifying: bytes, key: Self.key.publicKey)
        #expect(read == Self.manifest)
        #expect(read.jobID == "job-1")
        #expect(read.attempt == 2)
        #expect(read.datasetManifestDigest == Sample.dataset.manifestDigest)
    }

    @Test("are in-toto statements with a subject for every file")
    func statement() throws {
        let json = try JSON(parsing: Self.payload)
        #expect(json["_type"] == "https://in-toto.io/Statement/v1")
        #expect(json[pointer: "/subject/0/name"] == "model.safetensors")
        // printf weights | sha256sum
        let digest = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"
        #expect(json[pointer: "/subject/0/digest/sha256"] == .string(digest))
    }

    @Test("are believed from the models' key only")
    func otherKey() {
        let bytes = Self.manifest.signed(by: Sample.otherKey, keyID: "models")
        #expect(code(bytes) == .badSignature)
    }

    @Test(
        "refuse what does not fit",
        arguments: [
            ("/predicateType", "https://signalbox.dev/package/v1"), ("/predicate/name", "../reach"),
            ("/predicate/version", 0), ("/predicate/files", []), ("/predicate/files/0/size", -1),
            ("/predicate/files/0/name", "model.json"), ("/subject", []), ("/subject/0/name", "../model.safetensors"),
            ("/subject/0/digest/sha256", "00"), ("/predicate/created_at", "today"), ("/predicate/job_id", nil),
        ] as [(String, JSON?)]
    )
    func refused(pointer: String, value: JSON?) throws {
        var json = try JSON(parsing: Self.payload)
        json[pointer: pointer] = value
        let envelope = DSSEEnvelope(signing: json.bytes, key: Self.key, keyID: "models")
        #expect(code(envelope.bytes) == .manifestSchema)
    }

    /// The other file of the manifest is `model.json`.
    @Test(
        "name files in folders, and nothing that leads elsewhere or that some disk takes for another file",
        arguments: [
            ("variables/variables.index", nil), ("1/2/3/4/5/6/7/8", nil), ("1/2/3/4/5/6/7/8/9", .manifestSchema),
            ("../a", .manifestSchema), ("a/../b", .manifestSchema), ("/a", .manifestSchema), ("a//b", .manifestSchema),
            ("a/", .manifestSchema), ("a\\b", .manifestSchema), ("a\u{0}b", .manifestSchema),
            ("Model.json", .manifestSchema), ("model.json/a", .manifestSchema), ("manifest.dsse.json", .manifestSchema),
        ] as [(String, RefusalCode?)]
    )
    func folders(name: String, expected: RefusalCode?) throws {
        var json = try JSON(parsing: Self.payload)
        for pointer in ["/subject/0/name", "/predicate/files/0/name"] { json[pointer: pointer] = .string(name) }
        let envelope = DSSEEnvelope(signing: json.bytes, key: Self.key, keyID: "models")
        #expect(code(envelope.bytes) == expected)
    }

    @Test("are not to be confused with receipts that the same key signed")
    func otherType() throws {
        let type = Receipt.payloadType
        let envelope = DSSEEnvelope(signing: try Self.payload, type: type, key: Self.key, keyID: "models")
        #expect(code(envelope.bytes) == .payloadType)
    }

    private func code(_ bytes: [UInt8]) -> RefusalCode? {
        refusalCode { () throws(Refusal) in _ = try ModelManifest(verifying: bytes, key: Self.key.publicKey) }
    }
}
