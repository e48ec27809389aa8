import SignalboxCore
import Wire

/// Signed packages for the schedules in which jobs come out of uploads: made once, the same in every schedule.
struct FleetPackage: Sendable {
    let location: PackageLocation
    let archive: [UInt8]
    let envelope: [UInt8]

    /// An archive of the same size with another byte in it.
    var tamperedArchive: [UInt8] {
        var bytes = archive
        bytes[bytes.count / 3] ^= 1
        return bytes
    }

    static let all: [FleetPackage] = (0..<6).compactMap(make)

    static let keyring = Keyring([
        Keyring.Key(
            keyID: "robots",
            publicKey: robotKey?.publicKey.bytes ?? [],
            environments: [FleetSetting.environmentID],
            notBefore: FleetWorld.timestamp(FleetWorld.start - 86_400_000_000),
            notAfter: FleetWorld.timestamp(FleetWorld.start + 86_400_000_000 * 30)
        )
    ])

    private static let robotKey = Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: Ed25519PrivateKey.byteCount))
    static let receiptKey = Ed25519PrivateKey(seed: [UInt8](repeating: 9, count: Ed25519PrivateKey.byteCount))

    private static func make(_ index: Int) -> FleetPackage? {
        guard let robotKey else { return nil }
        let path = "ep_00000.json"
        let content = episode(index).bytes
        let archive = StoredZip.archive(path: path, content: content)
        let time = FleetWorld.timestamp(FleetWorld.start - 3_600_000_000)
        let manifest = Manifest(
            robotID: "robot-\(index)",
            environmentID: FleetSetting.environmentID,
            software: Manifest.Software(continuonBrainRuntime: "1.0.0", continuonAIApp: "1.0.0"),
            captureStart: time,
            captureEnd: time,
            packagedAt: time,
            archive: Manifest.Blob(
                path: PackageLocation.archiveNames[0],
                size: Int64(archive.count),
                digest: SHA256.digest(of: archive)
            ),
            episodes: [Manifest.Blob(path: path, size: Int64(content.count), digest: SHA256.digest(of: content))],
            training: JobConfig(modelName: "grasp", epochs: index + 1, spendMaxUSD: index % 3 == 0 ? 1 : nil)
        )
        let envelope = DSSEEnvelope(signing: manifest.statement.bytes, key: robotKey, keyID: "robots").bytes
        let location = PackageLocation(
            bucket: FleetSetting.layout.stagingBucket,
            robotID: manifest.robotID,
            packageID: manifest.packageID
        )
        return FleetPackage(location: location, archive: archive, envelope: envelope)
    }
}

extension FleetPackage {
    /// An episode of one step.
    private static func episode(_ index: Int) -> JSON {
        [
            "metadata": [
                "episode_id": .string("ep_\(index)"), "environment_id": .string(FleetSetting.environmentID),
                "xr_mode": "observer", "control_role": "human_supervisor", "software": [:], "tags": [],
            ],
            "steps": [["step_index": 0, "observation": ["command": [0.5]], "action": ["command": [0.25]]]],
        ]
    }
}

/// A zip of one stored member (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16).
private enum StoredZip {
    static func archive(path: String, content: [UInt8]) -> [UInt8] {
        let name = Array(path.utf8)
        let size = UInt32(content.count)
        // Version 2.0, no flags, stored, midnight of 1 January 1980, checksum, both sizes, lengths of name and extra.
        var common = words(20, 0, 0, 0, 0x21)
        common += longs(CRC32.checksum(of: content), size, size)
        common += words(UInt16(name.count), 0)
        var local = longs(0x0403_4B50)
        for part in [common, name, content] { local += part }
        // No comment, disk 0, no attributes but those of a plain file; the local header is at 0.
        var entry = longs(0x0201_4B50)
        for part in [words(3 << 8 | 20), common, words(0, 0, 0), longs(0o100644 << 16, 0), name] { entry += part }
        var end = longs(0x0605_4B50)
        for part in [words(0, 0, 1, 1), longs(UInt32(entry.count), UInt32(local.count)), words(0)] { end += part }
        return local + entry + end
    }

    private static func words(_ numbers: UInt16...) -> [UInt8] {
        numbers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    private static func longs(_ numbers: UInt32...) -> [UInt8] {
        numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
    }
}
