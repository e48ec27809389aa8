/// Signs requests with an Ed25519 key (RFC 9421).
public struct HTTPRequestSigner: Sendable {
    /// Random bytes of a nonce.
    public static let nonceBytes = 18
    /// The label of its signatures.
    public static let label = "sig1"

    private let key: Ed25519PrivateKey
    private let keyID: String
    private let clock: any Clock
    private let random: any RandomSource

    /// A signer by a key.
    public init(key: Ed25519PrivateKey, keyID: String, clock: any Clock, random: any RandomSource) {
        self.key = key
        self.keyID = keyID
        self.clock = clock
        self.random = random
    }

    /// The request with its content's digest, and signed: method, target, and of its fields `Content-Digest`,
    /// `Content-Type` and those named.
    ///
    /// - Parameter fields: names of further fields to cover.
    /// - Throws: ``HTTPSignatureError`` `componentMissing` where a named field is not there, or the URL is none;
    ///   `malformed` where the key's name cannot stand in a field.
    public func signed(
        _ request: HTTPRequest,
        content: [UInt8] = [],
        covering fields: [String] = []
    ) throws(HTTPSignatureError) -> HTTPRequest {
        var request = request
        var components = ["@method", "@target-uri"]
        if !content.isEmpty {
            request.headers[ContentDigest.fieldName] = ContentDigest.field(for: content)
            request.body = .bytes(content)
            components += ["content-digest", "content-type"]
        }
        components += fields.map { $0.lowercased() }
        guard keyID.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw HTTPSignatureError(.malformed, "the key's name is not printable ASCII")
        }
        guard let target = SignedRequest(method: request.method, url: request.url, headers: request.headers) else {
            throw HTTPSignatureError(.componentMissing, "\(request.url) is no absolute URL")
        }
        let list = StructuredInnerList(components.map { StructuredItem(.string($0)) }, parameters: parameters())
        let base = try HTTPSignature.base(of: target, components, list.serialized)
        let bytes = StructuredItem(.bytes(key.signature(for: base)))
        let input = StructuredDictionary([(Self.label, .list(list))])
        request.headers[HTTPSignature.inputFieldName] = input.serialized
        request.headers[HTTPSignature.fieldName] = StructuredDictionary([(Self.label, .item(bytes))]).serialized
        return request
    }

    private func parameters() -> StructuredParameters {
        var parameters = StructuredParameters()
        parameters.add("created", .integer(clock.now().seconds))
        parameters.add("keyid", .string(keyID))
        parameters.add("nonce", .string(Base64.encode(random.bytes(Self.nonceBytes), alphabet: .urlSafe)))
        parameters.add("alg", .string(HTTPSignature.ed25519))
        return parameters
    }
}
