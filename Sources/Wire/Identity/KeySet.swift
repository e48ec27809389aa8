/// The issuer's public keys (RFC 7517), fetched when they are needed and kept for as long as the issuer says.
///
/// Rotation: a key that is not known makes the set be fetched again, at most once in ``refetchSeconds``, so that tokens
/// with made-up key names cost the issuer nothing.
actor KeySet {
    /// Bytes of a key set.
    static let bytesMax = 256 << 10
    /// Keys of a key set.
    static let keysMax = 64
    /// The shortest and longest time that a fetched set is kept, whatever `Cache-Control` says.
    static let ageSecondsMin = 60
    static let ageSecondsMax = 86_400
    /// Between two fetches, for whatever reason.
    static let refetchSeconds = 30
    private static let fetchTimeout = Duration.seconds(10)

    private let url: String
    private let transport: any HTTPTransport
    private let clock: any Clock
    private var keys: [String: RS256PublicKey] = [:]
    private var freshUntil: Timestamp?
    private var lastTry: Timestamp?
    /// The fetch under way: those who come meanwhile wait for it.
    private var fetch: Task<Void, Never>?

    init(url: String, transport: any HTTPTransport, clock: any Clock) {
        self.url = url
        self.transport = transport
        self.clock = clock
    }

    /// The key of a name.
    ///
    /// - Throws: ``IDTokenError`` `keyUnknown`, `keysUnavailable`.
    func key(_ id: String) async throws(IDTokenError) -> RS256PublicKey {
        if isFresh, let key = keys[id] { return key }
        await refresh()
        guard isFresh else {
            throw IDTokenError(.keysUnavailable, "the issuer's keys cannot be fetched from \(url)")
        }
        guard let key = keys[id] else { throw IDTokenError(.keyUnknown, "the issuer has no key of that name") }
        return key
    }

    private var isFresh: Bool { freshUntil.map { clock.now() < $0 } ?? false }

    private func refresh() async {
        if let fetch { return await fetch.value }
        if let lastTry, clock.now() - lastTry < .seconds(Self.refetchSeconds) { return }
        lastTry = clock.now()
        let task = Task { await self.load() }
        fetch = task
        await task.value
        fetch = nil
    }

    private func load() async {
        do {
            let response = try await transport.send(HTTPRequest(url: url, timeout: Self.fetchTimeout))
            guard response.status == 200 else { return }
            let age = Self.age(response.headers.combined("cache-control") ?? "")
            keys = try Self.keys(JSON(parsing: try await response.body.collect(bytesMax: Self.bytesMax)))
            freshUntil = clock.now() + .seconds(age)
        } catch {
            // What is kept counts until its age is over; then callers are told that nobody can say.
        }
    }

    /// The RSA keys of a set that sign (RFC 7517, section 5); others are passed over.
    static func keys(_ set: JSON) throws -> [String: RS256PublicKey] {
        var keys: [String: RS256PublicKey] = [:]
        for reader in try JSONReader(set)["keys"].array().prefix(keysMax) {
            guard reader["kty"].value == "RSA", reader["alg"].isNull || reader["alg"].value == "RS256",
                reader["use"].isNull || reader["use"].value == "sig", let id = reader["kid"].value.stringValue,
                let modulus = Base64.decode(reader["n"].value.stringValue ?? "", alphabet: .urlSafe),
                let exponent = Base64.decode(reader["e"].value.stringValue ?? "", alphabet: .urlSafe)
            else { continue }
            keys[id] = try? RS256PublicKey(modulus: modulus, exponent: exponent)
        }
        return keys
    }

    /// Seconds of `max-age` (RFC 9111, section 5.2.2.1), within bounds.
    static func age(_ cacheControl: String) -> Int {
        let directives = cacheControl.lowercased().split { $0 == "," || $0 == " " }
        let age = directives.first { $0.hasPrefix("max-age=") }.flatMap { Int($0.dropFirst(8)) } ?? 0
        return min(max(age, ageSecondsMin), ageSecondsMax)
    }
}
