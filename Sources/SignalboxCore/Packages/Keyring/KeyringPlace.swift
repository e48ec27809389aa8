/// Where `SIGNALBOX_KEYRING` says the keyring is.
public enum KeyringPlace: Sendable, Equatable {
    /// A file of this machine, by its path.
    case file(String)
    /// `gs://bucket/name`.
    case object(ObjectName)
    /// A version of a secret, `projects/P/secrets/S/versions/V`.
    case secret(String)

    /// Whether it is a file of this machine.
    public var isFile: Bool {
        if case .file = self { true } else { false }
    }

    /// Reads the setting; nil for a `gs://` without a bucket or a name. Whatever is no object and no secret is a path.
    public init?(_ text: String) {
        if text.hasPrefix("gs://") {
            guard let object = ObjectName(uri: text) else { return nil }
            self = .object(object)
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isSecret = parts.count == 6 && parts[0] == "projects" && parts[2] == "secrets" && parts[4] == "versions"
        self = isSecret ? .secret(text) : .file(text)
    }
}
