public import Wire

/// The answer to an announced package.
public struct UploadOffer: Sendable, Equatable {
    /// How far the package is.
    public enum State: String, Sendable, CaseIterable {
        /// The archive is awaited in the session.
        case session
        /// Both objects are in staging: the receipt will come.
        case uploaded
        /// The receipt is there.
        case decided
    }

    /// How far it is.
    public var state: State
    /// The package.
    public var packageID: String
    /// The robot.
    public var robotID: String
    /// The archive's object, and its generation where it is there.
    public var archive: ObjectName
    /// Bytes of the archive.
    public var archiveSize: Int64
    /// Its checksum.
    public var archiveCRC32C: CRC32C
    /// The archive's generation; nil while it is awaited.
    public var archiveGeneration: Int64?
    /// The manifest's object.
    public var manifest: ObjectName
    /// Its generation; nil where the receipt is all there is.
    public var manifestGeneration: Int64?
    /// Where the archive goes: who has it may write, so it is a secret.
    public var session: String?
    /// The signed receipt.
    public var receipt: [UInt8]?

    /// The status that says so.
    public var status: Int {
        switch state {
        case .session: 201
        case .uploaded: 202
        case .decided: 200
        }
    }

    /// The body of the answer.
    public var json: JSON {
        [
            "state": .string(state.rawValue),
            "package_id": .string(packageID),
            "robot_id": .string(robotID),
            "archive": [
                "uri": .string(archive.uri),
                "size": .integer(archiveSize),
                "crc32c": .string(archiveCRC32C.base64),
                "generation": archiveGeneration.map { .string(String($0)) } ?? .null,
            ],
            "manifest": [
                "uri": .string(manifest.uri),
                "generation": manifestGeneration.map { .string(String($0)) } ?? .null,
            ],
            "upload_url": session.map(JSON.string) ?? .null,
            "receipt_path": .string(UploadDesk.receiptPath(of: packageID)),
            "receipt": receipt.flatMap { try? JSON(parsing: $0) } ?? .null,
        ]
    }
}
