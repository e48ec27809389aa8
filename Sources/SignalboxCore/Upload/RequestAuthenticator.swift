public import Wire

/// Tells by which key of the keyring a request was made, and lets none be made twice.
public struct RequestAuthenticator: Sendable {
    private let documents: any DocumentStore
    private let loadKeyring: @Sendable () async throws -> Keyring
    private let policy: RequestPolicy
    private let clock: any Clock

    /// An authenticator that trusts the keys of a keyring.
    ///
    /// - Parameter loadKeyring: gives the keys that are trusted now; asked for every request.
    public init(
        documents: any DocumentStore,
        loadKeyring: @escaping @Sendable () async throws -> Keyring,
        policy: RequestPolicy = RequestPolicy(),
        clock: any Clock
    ) {
        self.documents = documents
        self.loadKeyring = loadKeyring
        self.policy = policy
        self.clock = clock
    }

    /// The keys that are trusted now.
    ///
    /// - Throws: ``Problem`` `unavailable`.
    func keyring() async throws(Problem) -> Keyring {
        do {
            return try await loadKeyring()
        } catch {
            throw Problem(StoreError(.unavailable, "the keyring cannot be read: \(error)"))
        }
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
            try key.check(environment: key.environments.min() ?? Keyring.anyEnvironment, now: now)
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
        let end = (signature.created ?? now.seconds) + policy.ageSecondsMax
        let write = DocumentWrite.create(
            Nonce.path(signature.nonce ?? "", keyID: key.keyID),
            ["key_id": .string(key.keyID), ExpiredDocuments.field: .timestamp(Timestamp(seconds: end))]
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
