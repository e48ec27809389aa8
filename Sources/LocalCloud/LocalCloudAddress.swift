/// Where a local cloud is reached; both services share one port.
public struct LocalCloudAddress: Sendable, Equatable {
    /// The host that was bound.
    public let host: String
    /// The port that was bound.
    public let port: Int

    /// `127.0.0.1:9000`, the form of `FIRESTORE_EMULATOR_HOST`.
    public var firestoreEmulatorHost: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// `http://127.0.0.1:9000`, the form of `STORAGE_EMULATOR_HOST`.
    public var storageEmulatorHost: String { "http://\(firestoreEmulatorHost)" }
}
