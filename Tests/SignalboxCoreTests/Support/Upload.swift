import SignalboxCore
import Wire

/// A package on its way into staging, good until a test spoils a part of it.
struct Upload: Sendable {
    var manifest: Manifest
    var archive: [UInt8]
    var envelope: [UInt8]
    var robotID: String
    var packageID: String
    var archiveName = "archive.zip"

    init(_ members: [Member] = Sample.files, training: JobConfig? = nil) throws {
        let archive = try TestArchive.zip(members)
        let manifest = Self.manifest(archive, members, training: training)
        self.init(manifest: manifest, archive: archive)
    }

    init(manifest: Manifest, archive: [UInt8]) {
        self.manifest = manifest
        self.archive = archive
        robotID = manifest.robotID
        packageID = manifest.packageID
        envelope = DSSEEnvelope(signing: manifest.statement.bytes, key: Sample.robotKey, keyID: Sample.keyID).bytes
    }

    static func manifest(_ archive: [UInt8], _ members: [Member], training: JobConfig? = nil) -> Manifest {
        Manifest(
            robotID: Sample.robotID,
            environmentID: Sample.environmentID,
            software: Sample.software,
            captureStart: Sample.time("2026-06-01T08:00:00Z"),
            captureEnd: Sample.time("2026-06-01T09:30:00.250Z"),
            packagedAt: Sample.time("2026-06-01T10:00:00Z"),
            archive: Member("archive.zip", archive).blob,
            episodes: members.map(\.blob),
            training: training
        )
    }

    /// Signs the manifest as it is now.
    mutating func sign(by key: Ed25519PrivateKey = Sample.robotKey, keyID: String = Sample.keyID) {
        envelope = DSSEEnvelope(signing: manifest.statement.bytes, key: key, keyID: keyID).bytes
        robotID = manifest.robotID
        packageID = manifest.packageID
    }

    /// Signs an edited statement; the place in staging stays.
    mutating func editStatement(_ edit: (inout JSON) -> Void) {
        var statement = manifest.statement
        edit(&statement)
        envelope = DSSEEnvelope(signing: statement.bytes, key: Sample.robotKey, keyID: Sample.keyID).bytes
    }

    /// Edits the envelope after it was signed.
    mutating func editEnvelope(_ edit: (inout JSON) -> Void) throws {
        var json = try JSON(parsing: envelope)
        edit(&json)
        envelope = json.bytes
    }

    /// Uploads another archive, whose bytes the robot did sign.
    mutating func setArchive(_ bytes: [UInt8]) {
        archive = bytes
        manifest.archive = Member(manifest.archive.path, bytes).blob
        sign()
    }

    /// Says other episodes than the archive holds; the id follows.
    mutating func setEpisodes(_ episodes: [Manifest.Blob]) {
        manifest.episodes = episodes
        manifest.packageID = PackageID.derive(
            environmentID: manifest.environmentID,
            robotID: manifest.robotID,
            episodes: episodes
        )
        sign()
    }

    var place: PackageLocation {
        PackageLocation(bucket: Sample.layout.stagingBucket, robotID: robotID, packageID: packageID)
    }

    var archiveObject: ObjectName { place.object(archiveName) }
    var manifestObject: ObjectName { place.object(PackageLocation.manifestName) }
    var receiptObject: ObjectName { place.object(PackageLocation.receiptName) }
}
