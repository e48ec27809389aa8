import ArgumentParser
import GoogleCloud
import SignalboxCore
import Wire

/// `signalbox keys list`.
struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys of the keyring, and what each may do now.",
        discussion: """
            The keyring is verified as the intake does it. SIGNALBOX_KEYRING may name a file, an object or a secret's \
            version; a draft that waits for signatures is listed with --keyring FILE.draft.
            """
    )

    @OptionGroup var options: KeyringOptions

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let surroundings = try Surroundings.current()
        let now = SystemClock().now()
        let text = try options.keyring ?? surroundings.environment.required("SIGNALBOX_KEYRING")
        let (keyring, note) = try await read(text, surroundings, now)
        let keys = KeyView.all(keyring, now: now).map { JSON.object($0.members) }
        output.answer(
            [
                "keyring": .string(text),
                "version": .integer(keyring.version),
                "expires_at": keyring.expiresAt.map { .string($0.description) } ?? .null,
                "verification": .string(note.rawValue),
                "keys": .array(keys),
            ],
            ["\(text): version \(keyring.version), \(note.rawValue)"] + KeyView.table(keyring, now: now)
        )
    }

    /// Why the list can be believed.
    private enum Verification: String {
        /// Enough roots signed it.
        case verified
        /// Nobody signed it, and it is a file of this machine.
        case unsigned
        /// It waits for signatures: it does not count yet.
        case draft
    }

    private func read(
        _ text: String,
        _ surroundings: Surroundings,
        _ now: Timestamp
    ) async throws -> (Keyring, Verification) {
        let roots = try options.readRoots(surroundings.environment)
        guard let place = KeyringPlace(text) else {
            throw CommandError(.argumentUnusable, "\(text) is no file, gs://bucket/name or secret's version")
        }
        let bytes = try await source(place).read()
        if case .file(let path) = place, path.hasSuffix(KeyringFile.draftSuffix) {
            return (try KeyringDraft(parsing: bytes).keyring, .draft)
        }
        guard roots != nil || place.isFile else {
            throw ConfigurationError("SIGNALBOX_KEYRING_ROOTS", "is not set: name the root keys with --roots")
        }
        let trusted = try (roots.map(KeyringTrust.roots) ?? .localFile).read(bytes)
        try trusted.check(at: now)
        return (trusted.keyring, roots == nil ? .unsigned : .verified)
    }

    private func source(_ place: KeyringPlace) throws -> any KeyringSource {
        switch place {
        case .file(let path): return FileKeyringSource(path: path, readFile: FileIO.read)
        case .object(let name): return ObjectKeyringSource(name, in: try Backend().objects())
        case .secret(let version):
            let backend = try Backend()
            let credentials = try backend.google.credentials(backend.context)
            return SecretKeyringSource(version, in: SecretManager(credentials: credentials, context: backend.context))
        }
    }
}
