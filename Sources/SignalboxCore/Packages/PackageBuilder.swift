import Glibc
public import Wire

/// What a package is to be made of.
public struct PackageOrder: Sendable {
    /// The folder with the episodes.
    public var folder: String
    /// The robot that captured them.
    public var robotID: String
    /// Where they were captured.
    public var environmentID: String
    /// What ran on the robot; nil: what the episodes' metadata say.
    public var software: Manifest.Software?
    /// How to train; nil: as the intake does where a manifest says nothing.
    public var training: JobConfig?
    /// What is done to the files' bytes.
    public var compression: ArchiveWriter.Compression
    /// Where the package goes: a folder, made where it is missing.
    public var output: String
    /// Whether a package that lies there may be replaced.
    public var replaces: Bool

    /// An order of its parts.
    public init(
        folder: String,
        robotID: String,
        environmentID: String,
        software: Manifest.Software? = nil,
        training: JobConfig? = nil,
        compression: ArchiveWriter.Compression = .deflate,
        output: String,
        replaces: Bool = false
    ) {
        self.folder = folder
        self.robotID = robotID
        self.environmentID = environmentID
        self.software = software
        self.training = training
        self.compression = compression
        self.output = output
        self.replaces = replaces
    }
}

/// A package as it lies on disk.
public struct BuiltPackage: Sendable {
    /// What was signed.
    public let manifest: Manifest
    /// The archive's path.
    public let archive: String
    /// The manifest's path.
    public let envelope: String
    /// What looks odd and was packed all the same.
    public let warnings: [String]
    /// What was found in the episodes: no errors, for those are not packed.
    public let episodes: EpisodeReport
}

/// Makes signed packages of folders: the same archive for the same files, whatever their times and owners.
public struct PackageBuilder: Sendable {
    private let key: Ed25519PrivateKey
    private let keyID: String
    private let clock: any Clock

    /// A builder that signs with a robot's key.
    public init(key: Ed25519PrivateKey, keyID: String, clock: any Clock) {
        self.key = key
        self.keyID = keyID
        self.clock = clock
    }

    /// Makes a package: the archive first, then the manifest, each whole or not at all.
    ///
    /// - Parameter progress: called with the bytes packed so far and in all.
    /// - Throws: ``PackageError``.
    public func build(
        _ order: PackageOrder,
        progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws(PackageError) -> BuiltPackage {
        try check(order)
        let folder = try EpisodeFolder(walking: order.folder)
        let walk = try folder.walk(EpisodeMetadata())
        if let refusal = walk.report.refusal {
            throw PackageError(.episodeInvalid, refusal.message, episodes: walk.report)
        }
        let metadata = walk.visitor
        let software: Manifest.Software
        if let given = order.software { software = given } else { software = try metadata.commonSoftware() }
        guard let window = metadata.window(of: folder) else {
            throw PackageError(.folderEmpty, "\(order.folder) holds no file: name another folder")
        }
        let archive = "\(order.output)/\(PackageLocation.archiveNames[0])"
        let envelope = "\(order.output)/\(PackageLocation.manifestName)"
        try prepare(order, envelope)
        let written = try writeArchive(of: folder, to: archive, order.compression, progress)
        let manifest = Manifest(
            robotID: order.robotID,
            environmentID: order.environmentID,
            software: software,
            captureStart: window.lowerBound,
            captureEnd: window.upperBound,
            packagedAt: clock.now(),
            archive: Manifest.Blob(path: PackageLocation.archiveNames[0], size: written.size, digest: written.sha256),
            episodes: written.members.map { Manifest.Blob(path: $0.path, size: $0.size, digest: $0.sha256) },
            training: order.training
        )
        let signed = DSSEEnvelope(signing: manifest.statement.bytes, key: key, keyID: keyID).bytes
        do { try FileIO.write(signed, to: envelope) } catch { throw PackageError(.outputUnwritable, "\(error)") }
        return BuiltPackage(
            manifest: manifest,
            archive: archive,
            envelope: envelope,
            warnings: Self.warnings(metadata, order),
            episodes: walk.report
        )
    }

    private func check(_ order: PackageOrder) throws(PackageError) {
        for name in [order.robotID, order.environmentID, keyID] where !Slug.isWellFormed(name) {
            throw PackageError(.nameMalformed, "\"\(name)\" is not 1 to \(Slug.bytesMax) of a-z 0-9 . _ -")
        }
    }

    /// Makes the output's folder and takes an old manifest away: beside a new archive it would be a broken package.
    private func prepare(_ order: PackageOrder, _ envelope: String) throws(PackageError) {
        try Self.makeFolder(order.output)
        guard let input = Self.realPath(order.folder), let output = Self.realPath(order.output) else {
            throw PackageError(.folderUnreadable, "\(order.folder): \(String(cString: strerror(errno)))")
        }
        guard output != input, !output.hasPrefix(input + "/") else {
            throw PackageError(.outputInside, "\(order.output) lies in \(order.folder): choose a folder outside of it")
        }
        guard access(envelope, F_OK) == 0 else { return }
        guard order.replaces else {
            throw PackageError(.outputExists, "\(envelope) is there already: choose another folder or replace it")
        }
        guard unlink(envelope) == 0 else {
            throw PackageError(.outputUnwritable, "\(envelope): \(String(cString: strerror(errno)))")
        }
    }

    private func writeArchive(
        of folder: EpisodeFolder,
        to path: String,
        _ compression: ArchiveWriter.Compression,
        _ progress: (Int64, Int64) -> Void
    ) throws(PackageError) -> ArchiveWriter.Written {
        let total = folder.files.reduce(0) { $0 + $1.size }
        let sources = folder.files.map { ArchiveWriter.Source(path: $0.path, file: "\(folder.root)/\($0.path)") }
        let draft = path + ".tmp"
        do {
            let written = try ArchiveWriter.writeZip(sources, to: draft, compression: compression) { done in
                progress(done, total)
            }
            try Self.settle(draft, as: path)
            return written
        } catch let error as PackageError {
            throw error
        } catch let error as ArchiveError {
            throw PackageError(error)
        } catch {
            throw PackageError(.outputUnwritable, "\(error)")
        }
    }

    /// Makes a file durable under its name.
    private static func settle(_ draft: String, as path: String) throws(PackageError) {
        let file = open(draft, O_RDONLY | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, fsync(file) == 0, rename(draft, path) == 0 else {
            throw PackageError(.outputUnwritable, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func makeFolder(_ folder: String) throws(PackageError) {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += part + "/"
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw PackageError(.outputUnwritable, "\(path): \(String(cString: strerror(errno)))")
            }
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func warnings(_ metadata: EpisodeMetadata, _ order: PackageOrder) -> [String] {
        func differing(_ named: Set<String>, _ given: String, _ what: String) -> String? {
            let others = named.subtracting([given]).sorted()
            guard !others.isEmpty else { return nil }
            return "episodes name \(what) \(others.joined(separator: ", ")), the package says \(given)"
        }
        return [
            differing(metadata.robots, order.robotID, "robot"),
            differing(metadata.environments, order.environmentID, "environment"),
        ].compactMap(\.self)
    }
}
