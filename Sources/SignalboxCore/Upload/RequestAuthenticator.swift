public import Wire

/// Tells by which key of the keyring a request was made, and lets none be made twice.
public struct RequestAuthenticator: Sendable {
    private let documents: any DocumentStore
    private let keyring: any KeyringProvider
    private let reload: KeyringReload
    private let policy: RequestPolicy
    private let clock: any Clock
    private let random: any RandomSource

    /// An authenticator that trusts the keys of a keyring.
    ///
    /// - Parameters:
    ///   - keyring: asked for every request. One is refused for its key only by a fresh keyring, which is read at most
    ///     once in 5 s.
    public init(
        documents: any DocumentStore,
        keyring: any KeyringProvider,
        policy: RequestPolicy = RequestPolicy(),
        clock: any Clock,
        random: any RandomSource = SystemRandomSource()
    ) {
        self.documents = documents
        self.keyring = keyring
        reload = KeyringReload(keyring, clock: clock)
        self.policy = policy
        self.clock = clock
        self.random = random
    }

    /// The request is for this server: the first to be checked, as one that is not uses up nothing here.
    ///
    /// - Throws: ``Problem`` `host_unknown`.
    func checkHost(of request: SignedRequest) throws(Problem) { try policy.checkHost(of: request) }

    /// The keys to judge a request by.
    ///
    /// - Throws: ``Problem`` `unavailable`.
    func keyring(for request: SignedRequest) async throws(Problem) -> Keyring {
        do {
            let keyring = try await self.keyring.current()
            let signature = try? HTTPSignature(of: request.headers)
            guard let keyID = signature?.keyID, !isUsable(keyring.keys[keyID]) else { return keyring }
            return try await reload.keyring() ?? keyring
        } catch {
            throw Problem(StoreError(.unavailable, "the keyring cannot be read: \(error)"))
        }
    }

    private func isUsable(_ key: Keyring.Key?) -> Bool {
        guard let key else { return false }
        return (try? key.checkTimes(now: clock.now())) != nil
    }

    /// The key that signed a request, which was not made before.
    ///
    /// - Parameter fields: header fields that the signature must cover beside method, target and content.
    /// - Throws: ``Problem``.
    func key(
        of request: SignedRequest,
        content: [UInt8],
        covering fields: [String],
        in keyring: Keyring
    ) async throws(Problem) -> Keyring.Key {
        let signature: HTTPSignature
        do { signature = try HTTPSignature(of: request.headers) } catch { throw Problem(error) }
        let now = clock.now()
        try policy.check(signature, of: request, hasContent: !content.isEmpty, covering: fields, now: now)
        if !content.isEmpty { try Self.checkDigest(request.headers, content) }
        guard let keyID = signature.keyID, let key = keyring.keys[keyID],
            let publicKey = Ed25519PublicKey(bytes: key.publicKey)
        else {
            throw RequestPolicy.problem(.signatureKeyUnknown, "keyid names no key of the keyring")
        }
        do throws(HTTPSignatureError) {
            guard try signature.isValid(for: request, by: publicKey) else {
                throw HTTPSignatureError(.malformed, "")
            }
        } catch {
            if error.code == .componentMissing { throw Problem(error) }
            let detail = "the signature does not fit the request as it arrived here"
            throw Problem(.signatureInvalid, detail, field: HTTPSignature.fieldName)
        }
        // Only who holds the key learns what is the matter with it.
        do throws(Refusal) {
            try key.checkTimes(now: now)
        } catch {
            throw Problem(keyOfRequest: error)
        }
        try await useUp(signature, key, now)
        return key
    }

    private static func checkDigest(_ headers: HTTPHeaders, _ content: [UInt8]) throws(Problem) {
        do {
            try ContentDigest.check(headers, content: content)
        } catch {
            let (code, detail): (ProblemCode, String) =
                switch error {
                case .missing: (.contentDigestMissing, "wanted the field Content-Digest: sha-256=:…: (RFC 9530)")
                case .malformed(let problem): (.contentDigestMalformed, problem)
                case .algorithmUnsupported: (.contentDigestUnsupported, "wanted sha-256 or sha-512")
                case .mismatch(let algorithm): (.contentDigestMismatch, "the body has another \(algorithm)")
                }
            throw Problem(code, detail, field: ContentDigest.fieldName)
        }
    }

    /// Remembers the nonce for as long as the signature would be accepted again.
    private func useUp(_ signature: HTTPSignature, _ key: Keyring.Key, _ now: Timestamp) async throws(Problem) {
        // Longer than it is accepted: the clock of who removes it may run ahead.
        let end = (signature.created ?? now.seconds) + policy.ageSecondsMax + policy.skewSecondsMax
        let write = DocumentWrite.create(
            Nonce.path(signature.nonce ?? "", keyID: key.keyID),
            [
                "key_id": .string(key.keyID),
                // A commit whose answer was lost finds its own document by it, and not one of a request made before.
                "taken_by": .string(Hex.encode(random.bytes(16))),
                ExpiredDocuments.field: .timestamp(Timestamp(seconds: end)),
            ]
        )
        do {
            _ = try await documents.commit([write])
        } catch {
            guard [.alreadyExists, .preconditionFailed].contains(error.code) else { throw Problem(error) }
            throw RequestPolicy.problem(.signatureReplayed, "a request with this nonce was made before")
        }
    }
}

/// The documents `nonces/{hash}`: what was used once.
public enum Nonce {
    /// The collection.
    public static let collection = "nonces"

    /// The path of a key's nonce: a hash, since a nonce may hold any character.
    static func path(_ nonce: String, keyID: String) -> String {
        "\(collection)/\(SHA256.digest(of: "\(keyID)\0\(nonce)").hex)"
    }
}
