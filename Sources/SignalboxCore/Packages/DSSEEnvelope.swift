public import Wire

/// A DSSE envelope, version 1 (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md).
public struct DSSEEnvelope: Sendable, Equatable {
    /// The payload type of in-toto statements.
    public static let inTotoPayloadType = "application/vnd.in-toto+json"
    /// Signatures of one envelope.
    public static let signaturesMax = 16
    /// UTF-8 bytes of a key's name.
    public static let keyIDBytesMax = 256

    /// A signature by a key.
    public struct Signature: Sendable, Equatable {
        /// Which key; a hint, not authenticated.
        public let keyID: String
        /// Ed25519, 64 bytes.
        public let bytes: [UInt8]
    }

    /// What the payload is; signed with it.
    public let payloadType: String
    /// The signed bytes: not to be parsed before a signature is found good.
    public let payload: [UInt8]
    /// The signatures.
    public let signatures: [Signature]

    /// Reads an envelope; the payload stays unread.
    ///
    /// - Throws: ``Refusal`` `envelope_malformed`, `unsigned`.
    public init(parsing bytes: [UInt8]) throws(Refusal) {
        do {
            let reader = JSONReader(try JSON(parsing: bytes))
            payloadType = try reader["payloadType"].string()
            payload = try reader["payload"].base64()
            var signatures: [Signature] = []
            for signature in try reader["signatures"].array().prefix(Self.signaturesMax) {
                let keyID = try signature["keyid"].optional?.string() ?? ""
                guard keyID.utf8.count <= Self.keyIDBytesMax else {
                    throw signature["keyid"].mismatch("at most \(Self.keyIDBytesMax) bytes", found: "more")
                }
                signatures.append(Signature(keyID: keyID, bytes: try signature["sig"].base64()))
            }
            self.signatures = signatures
        } catch {
            throw Refusal(.envelopeMalformed, "not a DSSE envelope: \(error)")
        }
        guard !signatures.isEmpty else { throw Refusal(.unsigned, "the envelope carries no signature") }
    }

    /// Signs a payload.
    public init(signing payload: [UInt8], type: String = inTotoPayloadType, key: Ed25519PrivateKey, keyID: String) {
        self = DSSEEnvelope(payload: payload, type: type).signed(by: key, keyID: keyID)
    }

    /// A payload that is yet to be signed.
    public init(payload: [UInt8], type: String) {
        self.init(payload: payload, type: type, signatures: [])
    }

    private init(payload: [UInt8], type: String, signatures: [Signature]) {
        payloadType = type
        self.payload = payload
        self.signatures = signatures
    }

    /// The envelope with one signature more; an older one of the same name goes.
    public func signed(by key: Ed25519PrivateKey, keyID: String) -> DSSEEnvelope {
        let encoding = Self.preAuthenticationEncoding(type: payloadType, payload: payload)
        let signature = Signature(keyID: keyID, bytes: key.signature(for: encoding))
        return DSSEEnvelope(
            payload: payload,
            type: payloadType,
            signatures: signatures.filter { $0.keyID != keyID } + [signature]
        )
    }

    /// `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`: what is signed.
    public static func preAuthenticationEncoding(type: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    /// Whether that signature is by that key over payload and type.
    public func isValid(_ signature: Signature, by key: Ed25519PublicKey) -> Bool {
        key.isValid(
            signature: signature.bytes,
            for: Self.preAuthenticationEncoding(type: payloadType, payload: payload)
        )
    }

    /// The envelope's JSON.
    public var bytes: [UInt8] {
        let json: JSON = [
            "payloadType": .string(payloadType),
            "payload": .string(Base64.encode(payload)),
            "signatures": .array(
                signatures.map { ["keyid": .string($0.keyID), "sig": .string(Base64.encode($0.bytes))] }
            ),
        ]
        return json.bytes
    }
}
