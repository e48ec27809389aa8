import Glibc
import SignalboxCore
import Wire

/// A keyring's file, changed by one process at a time and read whole by all others.
///
/// Where there are roots, a change that too few of them signed becomes a draft beside the keyring; the keyring itself
/// is only ever replaced by one that counts.
struct KeyringFile {
    /// What follows the path of a keyring's draft.
    static let draftSuffix = ".draft"

    let path: String
    let roots: KeyringRoots?
    /// The root keys that sign.
    let signers: [Ed25519PrivateKey]

    var draft: String { path + Self.draftSuffix }

    /// The keyring of a path, which may be its draft's.
    init(path: String, roots: KeyringRoots?, signers: [Ed25519PrivateKey]) {
        self.path = path.hasSuffix(Self.draftSuffix) ? String(path.dropLast(Self.draftSuffix.count)) : path
        self.roots = roots
        self.signers = signers
    }

    /// The keyring that a command's options name.
    init(_ options: KeyringOptions, _ signing: SigningOptions, _ environment: Environment) throws {
        self.init(
            path: try options.path(environment),
            roots: try options.readRoots(environment),
            signers: try signing.keys(environment)
        )
    }

    /// Changes the keyring, counts its version up, and signs it.
    ///
    /// - Parameters:
    ///   - expiry: when it is to end; nil: as before.
    ///   - prepare: what must succeed before the keyring knows of the change.
    func change(
        expiry: Timestamp?,
        _ edit: (inout Keyring) throws -> Void,
        after prepare: () throws -> Void = {}
    ) throws -> KeyringChange {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        var keyring = try base()
        try edit(&keyring)
        try keyring.countUp()
        if let expiry { keyring.expiresAt = expiry }
        guard let roots else {
            try prepare()
            try FileIO.write(Array((keyring.json.serialized(pretty: true) + "\n").utf8), to: path)
            return KeyringChange(path: path, keyring: keyring, signatures: nil)
        }
        var work = KeyringDraft(keyring)
        for key in signers { work = try work.signed(by: key, roots: roots) }
        try prepare()
        return try write(work, roots)
    }

    /// Signs the draft where there is one, else the keyring itself, which perhaps nobody has signed yet.
    ///
    /// - Parameter look: called with what is to be signed, and what lies in its place; it throws where nobody may sign.
    func sign(
        expiry: Timestamp?,
        after look: (_ work: Keyring, _ present: Keyring?) throws -> Void = { _, _ in }
    ) throws -> KeyringChange {
        guard let roots else { throw ConfigurationError("SIGNALBOX_KEYRING_ROOTS", "is not set: name it with --roots") }
        guard !signers.isEmpty else {
            throw CommandError(.argumentUnusable, "no root key signs: name one with --root-key")
        }
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let target = Paths.exists(draft) ? draft : path
        var work = try KeyringDraft(parsing: FileIO.read(target, bytesMax: Keyring.fileBytesMax))
        if let expiry {
            var keyring = work.keyring
            try keyring.countUp()
            keyring.expiresAt = expiry
            work = KeyringDraft(keyring)
        }
        try checkOrder(work, roots)
        try look(work.keyring, try present())
        for key in signers { work = try work.signed(by: key, roots: roots) }
        return try write(work, roots)
    }

    /// The keyring in its place, whoever signed it; nil where there is none.
    private func present() throws -> Keyring? {
        guard Paths.exists(path) else { return nil }
        return try KeyringDraft(parsing: FileIO.read(path, bytesMax: Keyring.fileBytesMax)).keyring
    }

    /// What a change begins with.
    private func base() throws -> Keyring {
        if Paths.exists(draft) {
            guard signers.isEmpty else {
                let message = "\(draft) waits for signatures: look at it and sign it with `signalbox keys sign`"
                throw CommandError(.busy, message)
            }
            return try KeyringDraft(parsing: FileIO.read(draft, bytesMax: Keyring.fileBytesMax)).keyring
        }
        guard Paths.exists(path) else { return Keyring() }
        // What is signed anew must have been genuine before.
        let trust = roots.map(KeyringTrust.roots) ?? .localFile
        return try trust.read(FileIO.read(path, bytesMax: Keyring.fileBytesMax)).keyring
    }

    /// A draft that lay about while the keyring went on is no longer its successor.
    private func checkOrder(_ work: KeyringDraft, _ roots: KeyringRoots) throws {
        guard Paths.exists(path) else { return }
        let bytes = try FileIO.read(path, bytesMax: Keyring.fileBytesMax)
        guard case .envelope(let envelope) = try KeyringForm(parsing: bytes) else { return }
        // The same keyring may get more signatures, of other roots too.
        guard envelope.payload != work.envelope.payload else { return }
        let present = try KeyringTrust.roots(roots).read(bytes)
        guard SHA256.digest(of: work.envelope.payload) != present.signedDigest else { return }
        guard work.keyring.version > present.keyring.version else {
            let versions = "version \(work.keyring.version), and \(path) has \(present.keyring.version) already"
            throw KeyringError(.rolledBack, "what is to be signed has \(versions)")
        }
    }

    private func write(_ work: KeyringDraft, _ roots: KeyringRoots) throws -> KeyringChange {
        let signatures = KeyringChange.Signatures(count: work.signatureCount(roots), threshold: roots.threshold)
        guard work.isComplete(roots) else {
            try FileIO.write(work.bytes, to: draft)
            return KeyringChange(path: draft, keyring: work.keyring, signatures: signatures)
        }
        try FileIO.write(work.bytes, to: path)
        unlink(draft)
        return KeyringChange(path: path, keyring: work.keyring, signatures: signatures)
    }

    private func lock() throws -> FolderLock {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        try Paths.makeFolder(folder)
        return try FolderLock(folder, busy: "another process changes \(path): try again")
    }
}
