import SignalboxCore
import Testing
import Wire

/// One way in which a package may be bad, and the code it must be refused with.
struct BadInput: Sendable, CustomTestStringConvertible {
    let name: String
    let code: RefusalCode
    let keyring: Keyring
    let limits: ArchiveLimits
    let spoil: @Sendable (inout Upload) throws -> Void

    var testDescription: String { "\(code.rawValue): \(name)" }

    init(
        _ name: String,
        _ code: RefusalCode,
        keyring: Keyring = Keyring([Sample.robot]),
        limits: ArchiveLimits = .standard,
        spoil: @escaping @Sendable (inout Upload) throws -> Void = { _ in }
    ) {
        self.name = name
        self.code = code
        self.keyring = keyring
        self.limits = limits
        self.spoil = spoil
    }

    static let all = envelopes + keys + manifests + places + archives + members + structures + limits + episodes
}

extension BadInput {
    static let envelopes = [
        BadInput("an empty manifest", .envelopeMalformed) { $0.envelope = [] },
        BadInput("a manifest that is no JSON", .envelopeMalformed) { $0.envelope = Array("hello".utf8) },
        BadInput("a payload that is no base64", .envelopeMalformed) {
            try $0.editEnvelope { $0[pointer: "/payload"] = "%%%" }
        },
        BadInput("a member named twice", .envelopeMalformed) { upload in
            upload.envelope = Array(#"{"payload":"","#.utf8) + upload.envelope.dropFirst()
        },
        BadInput("another payload type", .payloadType) {
            try $0.editEnvelope { $0[pointer: "/payloadType"] = "application/json" }
        },
        BadInput("a receipt in place of a manifest", .payloadType) { upload in
            let payload = upload.manifest.statement.bytes
            upload.envelope =
                DSSEEnvelope(signing: payload, type: Receipt.payloadType, key: Sample.robotKey, keyID: Sample.keyID)
                .bytes
        },
        BadInput("no signature", .unsigned) { try $0.editEnvelope { $0[pointer: "/signatures"] = [] } },
        BadInput("one bit of the signature flipped", .badSignature) { upload in
            var signature = try DSSEEnvelope(parsing: upload.envelope).signatures[0].bytes
            signature[0] ^= 1
            let text = Base64.encode(signature)
            try upload.editEnvelope { $0[pointer: "/signatures/0/sig"] = .string(text) }
        },
        BadInput("a signature cut short", .badSignature) {
            try $0.editEnvelope { $0[pointer: "/signatures/0/sig"] = "AAAA" }
        },
        BadInput("one bit of the payload flipped", .badSignature) { upload in
            var payload = try DSSEEnvelope(parsing: upload.envelope).payload
            payload[payload.count / 2] ^= 1
            let text = Base64.encode(payload)
            try upload.editEnvelope { $0[pointer: "/payload"] = .string(text) }
        },
        BadInput("signed by another key under a known name", .badSignature) { $0.sign(by: Sample.otherKey) },
        BadInput("a manifest of 16 MiB and more", .manifestTooLong) { upload in
            upload.envelope += [UInt8](repeating: 0x20, count: Manifest.envelopeBytesMax)
        },
    ]

    static let keys = [
        BadInput("a key that the keyring does not hold", .unknownKey) {
            $0.sign(by: Sample.otherKey, keyID: "stranger")
        },
        BadInput("an empty keyring", .unknownKey, keyring: Keyring()),
        BadInput("a key for another environment", .keyNotForEnvironment, keyring: ring { $0.environments = ["lab-4"] }),
        BadInput("a key for no environment", .keyNotForEnvironment, keyring: ring { $0.environments = [] }),
        BadInput("a key for another robot", .keyNotForRobot, keyring: ring { $0.robots = ["arm-8"] }),
        BadInput(
            "a key from tomorrow",
            .keyNotYetValid,
            keyring: ring { $0.notBefore = Sample.now + .seconds(86_400) }
        ),
        BadInput("a key of yesterday", .keyExpired, keyring: ring { $0.notAfter = Sample.now }),
        BadInput("a revoked key", .keyRevoked, keyring: ring { $0.revokedAt = Sample.now }),
    ]

    private static func ring(_ change: (inout Keyring.Key) -> Void) -> Keyring {
        var key = Sample.robot
        change(&key)
        return Keyring([key])
    }

    static let manifests = [
        BadInput("a statement of another type", .manifestSchema) {
            $0.editStatement { $0[pointer: "/predicateType"] = "https://slsa.dev/provenance/v1" }
        },
        BadInput("no robot", .manifestSchema) { $0.editStatement { $0[pointer: "/predicate/robot_id"] = nil } },
        BadInput("no episodes", .manifestSchema) { $0.editStatement { $0[pointer: "/predicate/episodes"] = [] } },
        BadInput("an episode outside the package", .manifestSchema) {
            $0.editStatement { $0[pointer: "/predicate/episodes/0/path"] = "../x" }
        },
        BadInput("an episode that is no subject", .manifestSchema) {
            $0.editStatement { $0[pointer: "/subject/1"] = nil }
        },
        BadInput("a config with a misspelt member", .manifestSchema) {
            $0.editStatement { $0[pointer: "/predicate/training"] = ["learning_rat": 0.1] }
        },
        BadInput("a config out of range", .manifestSchema) {
            $0.editStatement { $0[pointer: "/predicate/training"] = ["batch_size": 0] }
        },
        BadInput("an id that does not follow from the content", .packageID) {
            $0.editStatement { $0[pointer: "/predicate/package_id"] = "pkg-00000000000000000000000000000000" }
        },
    ]

    static let places = [
        BadInput("the manifest of another robot", .wrongPlace) { $0.robotID = "arm-8" },
        BadInput("the manifest of another package", .wrongPlace) {
            $0.packageID = "pkg-00000000000000000000000000000000"
        },
    ]

    static let archives = [
        BadInput("an archive with a byte more", .archiveSize) { $0.archive.append(0) },
        BadInput("an archive cut short", .archiveSize) { $0.archive.removeLast() },
        BadInput("an archive with one flipped byte", .archiveDigest) { $0.archive[40] ^= 1 },
        BadInput("an archive that is none, as signed", .archiveMalformed) { $0.setArchive(Array("hello".utf8)) },
        BadInput("half an archive, as signed", .archiveMalformed) {
            $0.setArchive(Array($0.archive.prefix($0.archive.count / 2)))
        },
        BadInput("a wrong CRC-32 of a member", .archiveMalformed) { upload in
            let bytes = upload.archive.patching(ZipSignature.local, at: 14) { $0 ^ 1 }
            upload.setArchive(bytes.patching(ZipSignature.entry, at: 16) { $0 ^ 1 })
        },
        BadInput("a compression that nobody else reads", .compressionUnsupported) { upload in
            let bytes = upload.archive.patching(ZipSignature.local, at: 8) { _ in 12 }
            upload.setArchive(bytes.patching(ZipSignature.entry, at: 10) { _ in 12 })
        },
    ]
}
