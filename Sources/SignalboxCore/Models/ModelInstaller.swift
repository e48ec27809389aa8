import Glibc
public import Wire

/// What an install came to.
public struct ModelInstallation: Sendable, Equatable {
    /// What was verified.
    public let manifest: ModelManifest
    /// Where the files are.
    public let folder: String
    /// Whether the same version was installed there before, whole and unchanged.
    public let wasPresent: Bool
}

/// Fetches model versions: verified while they come, installed whole or not at all.
public struct ModelInstaller: Sendable {
    private let objects: any ObjectStore
    private let key: Ed25519PublicKey

    /// An installer that trusts the models' key.
    public init(objects: any ObjectStore, key: Ed25519PublicKey) {
        self.objects = objects
        self.key = key
    }

    /// Installs a version as a folder: the files of its manifest and the manifest itself.
    ///
    /// - Parameters:
    ///   - folder: the folder to become; its parents are made where they are missing.
    ///   - replaces: whether other content there may be replaced.
    ///   - progress: called with the bytes fetched so far and in all.
    /// - Throws: ``ModelInstallError``.
    public func install(
        _ version: ModelRegistry.Version,
        to folder: String,
        replaces: Bool = false,
        progress: (Int64, Int64) -> Void = { _, _ in }
    ) async throws(ModelInstallError) -> ModelInstallation {
        let (manifest, envelope) = try await manifest(of: version)
        let draft = try InstallFolder(becoming: folder)
        do throws(ModelInstallError) {
            if draft.isTargetFilled {
                if try await isInstalled(manifest, envelope, in: draft.target) {
                    draft.discard()
                    return ModelInstallation(manifest: manifest, folder: draft.target, wasPresent: true)
                }
                guard replaces else {
                    let message = "\(draft.target) holds something else: choose another folder or replace it"
                    throw ModelInstallError(.installedDiffers, message)
                }
            }
            let total = manifest.files.reduce(0) { $0 + $1.size }
            var done: Int64 = 0
            for file in manifest.files {
                try await fetch(file, of: version, to: draft.path(of: file.path)) { count in
                    done += count
                    progress(done, total)
                }
            }
            try write(envelope, to: draft.path(of: ModelManifest.fileName))
            try draft.install()
        } catch {
            draft.discard()
            throw error
        }
        return ModelInstallation(manifest: manifest, folder: draft.target, wasPresent: false)
    }

    /// The manifest of a version, verified, and that of this version and no other.
    private func manifest(
        of version: ModelRegistry.Version
    ) async throws(ModelInstallError) -> (manifest: ModelManifest, envelope: [UInt8]) {
        let name = try object(ModelManifest.fileName, of: version)
        let envelope: [UInt8]
        do {
            envelope = try await objects.bytes(of: name, bytesMax: ModelManifest.envelopeBytesMax).bytes
        } catch {
            throw ModelInstallError(.storeFailed, "\(error)", cause: error)
        }
        let manifest: ModelManifest
        do {
            manifest = try ModelManifest(verifying: envelope, key: key)
        } catch {
            throw ModelInstallError(.manifestRefused, "\(name): \(error); do not use this model", cause: error)
        }
        guard manifest.name == version.name, manifest.version == version.version, manifest.jobID == version.jobID
        else {
            let message = "\(name) describes \(manifest.name) v\(manifest.version) of \(manifest.jobID)"
            throw ModelInstallError(.manifestMismatch, message + "; do not use this model")
        }
        return (manifest, envelope)
    }

    private func object(_ file: String, of version: ModelRegistry.Version) throws(ModelInstallError) -> ObjectName {
        guard version.uri.hasSuffix("/"), let name = ObjectName(uri: version.uri + file) else {
            throw ModelInstallError(.manifestMismatch, "the registry says \(version.uri), which is no gs:// folder")
        }
        return name
    }

    /// Fetches one file, hashed as it passes.
    private func fetch(
        _ file: Manifest.Blob,
        of version: ModelRegistry.Version,
        to path: String,
        progress: (Int64) -> Void
    ) async throws(ModelInstallError) {
        let name = try object(file.path, of: version)
        let output = try OutputFile(path)
        var hash = SHA256()
        var size: Int64 = 0
        do {
            let content = try await objects.read(name, generation: nil, range: nil, if: .none)
            while let chunk = try await content.body.next() {
                size += Int64(chunk.count)
                guard size <= file.size else { break }
                hash.update(chunk)
                try output.append(chunk)
                progress(Int64(chunk.count))
            }
        } catch let error as ModelInstallError {
            throw error
        } catch {
            throw ModelInstallError(.storeFailed, "\(name): \(error)", cause: error)
        }
        guard size == file.size, hash.finalize() == file.digest else {
            throw ModelInstallError(
                .fileMismatch,
                "\(name) has other bytes than its manifest says; do not use this model"
            )
        }
        try output.finish()
    }

    private func write(_ bytes: [UInt8], to path: String) throws(ModelInstallError) {
        let output = try OutputFile(path)
        try output.append(bytes)
        try output.finish()
    }

    /// Whether a folder holds exactly this version.
    private func isInstalled(
        _ manifest: ModelManifest,
        _ envelope: [UInt8],
        in folder: String
    ) async throws(ModelInstallError) -> Bool {
        guard let names = try? FolderFiles.names(in: folder, countMax: ModelManifest.filesMax + 1),
            names == (manifest.files.map(\.path) + [ModelManifest.fileName]).sorted(),
            let present = try? FileIO.read("\(folder)/\(ModelManifest.fileName)", bytesMax: envelope.count),
            present == envelope
        else { return false }
        for file in manifest.files {
            guard let stream = try? FileStream(path: "\(folder)/\(file.path)"), stream.size == file.size else {
                return false
            }
            var hash = SHA256()
            while let chunk = try? await stream.next() { hash.update(chunk) }
            guard hash.finalize() == file.digest else { return false }
        }
        return true
    }
}

/// A new file, written from its start and made durable at its end.
private final class OutputFile {
    private let path: String
    private let file: Int32

    init(_ path: String) throws(ModelInstallError) {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw unwritable }
    }

    deinit { if file >= 0 { close(file) } }

    func append(_ bytes: [UInt8]) throws(ModelInstallError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unwritable }
            written += count
        }
    }

    func finish() throws(ModelInstallError) { guard fsync(file) == 0 else { throw unwritable } }

    private var unwritable: ModelInstallError {
        ModelInstallError(.folderUnwritable, "\(path): \(String(cString: strerror(errno)))")
    }
}
