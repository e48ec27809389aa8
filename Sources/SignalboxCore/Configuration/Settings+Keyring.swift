public import Wire

extension Settings {
    /// Greatest value of `SIGNALBOX_KEYRING_SECONDS_MAX`.
    public static let keyringSecondsLimit = 3600

    /// `SIGNALBOX_KEYRING`: where the keyring is.
    public func keyringPlace() throws(ConfigurationError) -> KeyringPlace {
        let text = try environment.required("SIGNALBOX_KEYRING")
        guard let place = KeyringPlace(text) else {
            throw ConfigurationError("SIGNALBOX_KEYRING", "is \"\(text)\", which is no gs://bucket/name")
        }
        return place
    }

    /// `SIGNALBOX_KEYRING_ROOTS`: whose signatures count on a keyring; nil where it is not set.
    public func keyringRoots() throws(ConfigurationError) -> KeyringRoots? {
        guard environment.text("SIGNALBOX_KEYRING_ROOTS") != nil else { return nil }
        let bytes = try file("SIGNALBOX_KEYRING_ROOTS", bytesMax: KeyringRoots.fileBytesMax)
        do { return try KeyringRoots(parsing: bytes) } catch {
            throw ConfigurationError("SIGNALBOX_KEYRING_ROOTS", "names a file that is of no use: \(error.message)")
        }
    }

    /// `SIGNALBOX_KEYRING_SECONDS_MAX`: the greatest age of a keyring that decides.
    public func keyringSecondsMax() throws(ConfigurationError) -> Int {
        try environment.int(
            "SIGNALBOX_KEYRING_SECONDS_MAX",
            in: 1...Self.keyringSecondsLimit,
            default: CachedKeyring.secondsMaxStandard
        )
    }

    /// Why the keyring of a place is believed: whoever can write a bucket or a secret must not be able to add a key.
    public func keyringTrust(of place: KeyringPlace) throws(ConfigurationError) -> KeyringTrust {
        if let roots = try keyringRoots() { return .roots(roots) }
        guard place.isFile else {
            let problem = "is not set, and a keyring that is no file of this machine must be signed"
            throw ConfigurationError("SIGNALBOX_KEYRING_ROOTS", problem)
        }
        return .localFile
    }

    /// The keyring of `SIGNALBOX_KEYRING` and the variables beside it.
    ///
    /// - Parameters:
    ///   - objects: where an object is read from; asked for only where the keyring is one.
    ///   - secret: the source of a secret's version.
    public func keyring(
        objects: () throws(ConfigurationError) -> any ObjectStore,
        secret: (String) throws(ConfigurationError) -> any KeyringSource,
        clock: any Clock
    ) throws(ConfigurationError) -> CachedKeyring {
        let place = try keyringPlace()
        let source: any KeyringSource =
            switch place {
            case .file(let path): FileKeyringSource(path: path, readFile: readFile)
            case .object(let name): ObjectKeyringSource(name, in: try objects())
            case .secret(let version): try secret(version)
            }
        return CachedKeyring(
            source: source,
            trust: try keyringTrust(of: place),
            secondsMax: try keyringSecondsMax(),
            clock: clock
        )
    }

    /// The keyring as it is now, where it is a file; nil where it is not, and another service would have to be asked.
    ///
    /// - Throws: ``ConfigurationError``: what is wrong with it, so that a program that starts says so at once.
    public func keyringFile(clock: any Clock) throws(ConfigurationError) -> Keyring? {
        let place = try keyringPlace()
        let trust = try keyringTrust(of: place)
        guard place.isFile else { return nil }
        let bytes = try file("SIGNALBOX_KEYRING", bytesMax: Keyring.fileBytesMax)
        do throws(KeyringError) {
            let trusted = try trust.read(bytes)
            try trusted.check(at: clock.now())
            return trusted.keyring
        } catch {
            throw ConfigurationError("SIGNALBOX_KEYRING", "names a file that is of no use: \(error)")
        }
    }
}
