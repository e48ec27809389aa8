import Glibc
import SignalboxCore
import Wire

/// A package as it lies on disk, ready to be sent.
struct PackageFolder: Sendable {
    let path: String
    /// What the manifest says; trusted no further than to find the place it is sent to.
    let manifest: Manifest
    /// The manifest's file.
    let envelope: [UInt8]

    /// Reads a package's manifest and finds its archive.
    init(_ path: String) throws {
        self.path = path
        let file = "\(path)/\(PackageLocation.manifestName)"
        guard Paths.exists(file) else {
            throw CommandError(.notFound, "\(file) is missing: make a package with `signalbox package`")
        }
        envelope = try FileIO.read(file, bytesMax: Manifest.envelopeBytesMax)
        do {
            manifest = try Manifest(statement: try DSSEEnvelope(parsing: envelope).payload)
        } catch {
            throw CommandError(.fileUnusable, "\(file): \(error); make the package again")
        }
        guard Paths.exists(archive) else {
            throw CommandError(.notFound, "\(archive) is missing: make the package again")
        }
    }

    /// The archive's file.
    var archive: String { "\(path)/\(manifest.archive.path)" }

    /// Where the package goes.
    func location(in bucket: String) -> PackageLocation {
        PackageLocation(bucket: bucket, robotID: manifest.robotID, packageID: manifest.packageID)
    }

    /// The files to send, the archive first: a manifest there has its archive beside it.
    func files() throws -> [LocalObject] {
        [
            try LocalObject(name: manifest.archive.path, path: archive, contentType: Self.type(manifest.archive.path)),
            try LocalObject(
                name: PackageLocation.manifestName,
                path: "\(path)/\(PackageLocation.manifestName)",
                contentType: "application/json"
            ),
        ]
    }

    /// Deletes the files that were sent; the receipt stays, and whatever else lies there.
    ///
    /// Only to be called with an accepted receipt at hand that was verified for what was sent.
    ///
    /// - Returns: their paths.
    /// - Throws: ``Refusal`` `archive_digest` where other files took their place meanwhile: those stay.
    func remove(_ files: [LocalObject]) async throws -> [String] {
        let digests = [manifest.archive.digest, SHA256.digest(of: envelope)]
        for (file, digest) in zip(files, digests) {
            guard try await file.sums().sha256 == digest else {
                throw Refusal(.archiveDigest, "\(file.path) is not what was uploaded any more: it is kept")
            }
        }
        for file in files.reversed() {
            guard unlink(file.path) == 0 else { throw FileIO.Failure(file.path) }
        }
        return files.map(\.path)
    }

    private static func type(_ name: String) -> String {
        name.hasSuffix(".zip") ? "application/zip" : "application/zstd"
    }
}

/// A file on its way to become an object.
struct LocalObject: Sendable {
    /// The last part of the object's name.
    let name: String
    /// Where it is on disk.
    let path: String
    /// Its media type.
    let contentType: String
    /// Bytes.
    let size: Int64

    init(name: String, path: String, contentType: String) throws {
        self.name = name
        self.path = path
        self.contentType = contentType
        size = try FileStream(path: path).size
    }

    /// The checksum and the digest of its bytes.
    func sums() async throws -> (crc32c: CRC32C, sha256: Digest) {
        let stream = try FileStream(path: path)
        var crc32c = CRC32C()
        var sha256 = SHA256()
        while let chunk = try await stream.next() {
            crc32c.update(chunk)
            sha256.update(chunk)
        }
        return (crc32c, sha256.finalize())
    }
}
