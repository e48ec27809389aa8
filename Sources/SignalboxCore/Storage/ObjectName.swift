/// An object's bucket and name: `gs://bucket/name`.
public struct ObjectName: Sendable, Hashable, CustomStringConvertible {
    /// The bucket.
    public let bucket: String
    /// The name in the bucket, without a leading slash.
    public let name: String

    /// An object of a bucket.
    public init(bucket: String, name: String) {
        self.bucket = bucket
        self.name = name
    }

    /// Reads `gs://bucket/name`; nil where the bucket or the name is missing.
    public init?(uri: String) {
        let scheme = "gs://"
        guard uri.utf8.starts(with: scheme.utf8) else { return nil }
        let rest = uri.utf8.dropFirst(scheme.utf8.count)
        let parts = rest.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(bucket: String(Substring(parts[0])), name: String(Substring(parts[1])))
    }

    /// `gs://bucket/name`.
    public var uri: String { "gs://\(bucket)/\(name)" }

    /// The URI.
    public var description: String { uri }

    /// An object whose name goes on from this one's.
    public static func / (parent: ObjectName, child: String) -> ObjectName {
        ObjectName(bucket: parent.bucket, name: parent.name + "/" + child)
    }
}
