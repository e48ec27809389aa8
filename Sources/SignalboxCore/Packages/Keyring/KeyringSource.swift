/// Where a keyring comes from.
public protocol KeyringSource: Sendable {
    /// What it is called, for people.
    var name: String { get }

    /// Its bytes as they are now, ``Keyring/fileBytesMax`` at most.
    ///
    /// - Throws: any error: the keyring is unavailable.
    func read() async throws -> [UInt8]
}

/// A keyring in a file of this machine.
public struct FileKeyringSource: KeyringSource {
    private let path: String
    private let readFile: @Sendable (String, Int) throws -> [UInt8]

    /// A file, read with `readFile(path, bytesMax)`.
    public init(path: String, readFile: @escaping @Sendable (String, Int) throws -> [UInt8]) {
        self.path = path
        self.readFile = readFile
    }

    /// The path.
    public var name: String { path }

    /// All of the file.
    public func read() async throws -> [UInt8] { try readFile(path, Keyring.fileBytesMax) }
}

/// A keyring in a bucket.
public struct ObjectKeyringSource: KeyringSource {
    private let object: ObjectName
    private let objects: any ObjectStore

    /// An object of a store.
    public init(_ object: ObjectName, in objects: any ObjectStore) {
        self.object = object
        self.objects = objects
    }

    /// The object's URI.
    public var name: String { object.uri }

    /// All of the generation that is live now: a store goes on with the one it began with, so the bytes are those of
    /// one write.
    public func read() async throws -> [UInt8] {
        try await objects.bytes(of: object, bytesMax: Keyring.fileBytesMax).bytes
    }
}
