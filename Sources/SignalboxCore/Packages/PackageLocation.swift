/// Where a package lies while it waits to be verified: `<robot_id>/<package_id>/…` in the staging bucket.
public struct PackageLocation: Sendable, Hashable {
    /// The names that an archive may have.
    public static let archiveNames = ["archive.zip", "archive.tar.zst"]
    /// The name of the manifest.
    public static let manifestName = "manifest.dsse.json"
    /// The name of the answer, beside the package so that the robot can read it with its own rights.
    public static let receiptName = "receipt.dsse.json"

    /// The staging bucket.
    public let bucket: String
    /// The robot, as the path says.
    public let robotID: String
    /// The package, as the path says.
    public let packageID: String

    /// The place of a robot's package.
    public init(bucket: String, robotID: String, packageID: String) {
        self.bucket = bucket
        self.robotID = robotID
        self.packageID = packageID
    }

    /// The place that an uploaded archive or manifest belongs to; nil for every other object.
    public init?(of object: ObjectName) {
        self.init(around: object)
        guard object != receipt else { return nil }
    }

    /// The place that an archive, a manifest or a receipt belongs to; nil for every other object.
    public init?(around object: ObjectName) {
        let parts = object.name.split(separator: "/", omittingEmptySubsequences: false)
        let names = Self.archiveNames + [Self.manifestName, Self.receiptName]
        guard parts.count == 3, Slug.isWellFormed(parts[0]), PackageID.isWellFormed(parts[1]),
            names.contains(String(parts[2]))
        else { return nil }
        self.init(bucket: object.bucket, robotID: String(parts[0]), packageID: String(parts[1]))
    }

    /// The answer.
    public var receipt: ObjectName { object(Self.receiptName) }

    /// Whether a manifest and an archive are among these objects.
    public func isComplete(_ names: Set<ObjectName>) -> Bool {
        names.contains(object(Self.manifestName)) && Self.archiveNames.contains { names.contains(object($0)) }
    }

    /// An object of the package by its last name.
    public func object(_ name: String) -> ObjectName {
        ObjectName(bucket: bucket, name: "\(robotID)/\(packageID)/\(name)")
    }
}
