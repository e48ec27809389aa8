public import SignalboxCore
public import Wire

/// What a trainer was built from and set up with.
public struct Provenance: Sendable, Equatable {
    /// The trainer's release.
    public static let trainerVersion = "0.1.0"
    /// Bytes of a source-of-truth document.
    public static let documentBytesMax = 64 << 20

    /// The commit that the trainer was built from; nil where nobody knows.
    public var gitSHA: String?
    /// SHA-256 of the project's own source-of-truth document; nil where none is named.
    public var sourceDigest: Digest?
    /// The file name of the PJRT plugin; nil where there is none.
    public var plugin: String?

    /// Provenance of its parts.
    public init(gitSHA: String? = nil, sourceDigest: Digest? = nil, plugin: String? = nil) {
        self.gitSHA = gitSHA
        self.sourceDigest = sourceDigest
        self.plugin = plugin
    }

    /// From `SIGNALBOX_GIT_SHA`, else the checkout that the program lies in; `SIGNALBOX_SOURCE_DOCUMENT`, a file, or
    /// `TAQI_MD_HASH`, its digest.
    ///
    /// - Parameters:
    ///   - program: the trainer's own path.
    ///   - read: gives a file's bytes.
    /// - Throws: `ConfigurationError` for what is no commit and no digest, for a document that cannot be read, and
    ///   where the digest is not the document's.
    public init(
        _ environment: Environment,
        program: String,
        read: (String, Int) throws(FileIO.Failure) -> [UInt8]
    ) throws(ConfigurationError) {
        if let text = environment.text("SIGNALBOX_GIT_SHA") {
            guard GitRevision.isSHA(text) else {
                throw ConfigurationError("SIGNALBOX_GIT_SHA", "is \"\(text)\", not a commit's 40 hexadecimal digits")
            }
            gitSHA = text
        } else {
            gitSHA = GitRevision.find(above: program) { path in
                (try? read(path, GitRevision.fileBytesMax)).map { String(decoding: $0, as: UTF8.self) }
            }
        }
        plugin = environment.text("SIGNALBOX_PJRT_PLUGIN")?.split(separator: "/").last.map(String.init)
        sourceDigest = try Self.sourceDigest(environment, read)
    }

    private static func sourceDigest(
        _ environment: Environment,
        _ read: (String, Int) throws(FileIO.Failure) -> [UInt8]
    ) throws(ConfigurationError) -> Digest? {
        var claimed: Digest?
        if let text = environment.text("TAQI_MD_HASH") {
            guard let digest = Digest(hex: text) else {
                throw ConfigurationError("TAQI_MD_HASH", "is \"\(text)\", not a SHA-256 as 64 hexadecimal digits")
            }
            claimed = digest
        }
        guard let path = environment.text("SIGNALBOX_SOURCE_DOCUMENT") else { return claimed }
        let digest: Digest
        do throws(FileIO.Failure) {
            digest = SHA256.digest(of: try read(path, documentBytesMax))
        } catch {
            throw ConfigurationError("SIGNALBOX_SOURCE_DOCUMENT", "cannot be read: \(error)")
        }
        guard claimed == nil || claimed == digest else {
            throw ConfigurationError("TAQI_MD_HASH", "is not the SHA-256 of \(path), which is \(digest.hex)")
        }
        return digest
    }
}
