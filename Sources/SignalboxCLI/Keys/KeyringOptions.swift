import ArgumentParser
import SignalboxCore
import Wire

/// Which keyring a command works on, and who signs it.
struct KeyringOptions: ParsableArguments {
    @Option(help: "The keyring's file, made where it is missing. [default: what SIGNALBOX_KEYRING names]")
    var keyring: String?

    @Option(help: "The file with the root keys and their threshold. [default: what SIGNALBOX_KEYRING_ROOTS names]")
    var roots: String?

    /// Reads the file with the roots; nil where nothing names one.
    func readRoots(_ environment: Environment) throws -> KeyringRoots? {
        guard let path = roots ?? environment.text("SIGNALBOX_KEYRING_ROOTS") else { return nil }
        return try KeyringRoots(parsing: FileIO.read(path, bytesMax: KeyringRoots.fileBytesMax))
    }

    /// The keyring's path.
    func path(_ environment: Environment) throws -> String {
        let text = try keyring ?? environment.required("SIGNALBOX_KEYRING")
        guard case .file(let path) = KeyringPlace(text) else {
            let message = "the keyring \(text) is no file: name your working copy with --keyring, and copy it there"
            throw CommandError(.argumentUnusable, message)
        }
        return path
    }
}

/// How a changed keyring is signed.
struct SigningOptions: ParsableArguments {
    @Option(
        name: .customLong("root-key"),
        help: "A root's private key (PEM), once for each. [default: what SIGNALBOX_KEYRING_ROOT_KEY names]"
    )
    var rootKeys: [String] = []

    @Option(help: "Days until the keyring itself counts no more. [default: as it is]")
    var expiresDays: Int?

    static let daysMax = 3650

    func validate() throws {
        guard expiresDays.map({ (1...Self.daysMax).contains($0) }) ?? true else {
            throw ValidationError("--expires-days: 1 to \(Self.daysMax), please.")
        }
    }

    /// The root keys that are at hand.
    func keys(_ environment: Environment) throws -> [Ed25519PrivateKey] {
        let named = environment.text("SIGNALBOX_KEYRING_ROOT_KEY").map { [$0] } ?? []
        return try (rootKeys.isEmpty ? named : rootKeys).map { path in
            let bytes = try FileIO.read(path, bytesMax: Settings.keyFileBytesMax)
            return try Ed25519PrivateKey(pem: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// When the keyring is to end.
    func expiry(_ now: Timestamp) -> Timestamp? { expiresDays.map { now + .seconds($0 * 86_400) } }
}
