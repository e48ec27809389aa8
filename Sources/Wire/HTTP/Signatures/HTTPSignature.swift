/// One signature of a request (RFC 9421, HTTP Message Signatures), with what it covers.
///
/// Components are derived ones and whole fields; component parameters (`sf`, `key`, `bs`, `tr`, `req`, `name`) are not
/// supported, and a signature that uses one is refused.
public struct HTTPSignature: Sendable, Equatable {
    /// The field that says what is signed.
    public static let inputFieldName = "Signature-Input"
    /// The field with the signature.
    public static let fieldName = "Signature"
    /// The name of Ed25519 (RFC 9421, section 3.3.6).
    public static let ed25519 = "ed25519"

    /// The signature's name in both fields.
    public let label: String
    /// What is covered, in order: `@method`, `content-digest`.
    public let components: [String]
    /// When it was made, in seconds since 1970.
    public let created: Int64?
    /// When it ends, in seconds since 1970.
    public let expires: Int64?
    /// Used once.
    public let nonce: String?
    /// Which key.
    public let keyID: String?
    /// By what algorithm.
    public let algorithm: String?
    /// The signature itself.
    public let bytes: [UInt8]
    /// `@signature-params`, as it is signed.
    private let parameters: String

    /// Reads the signature of a request: exactly one, since of several nobody could say which counts.
    ///
    /// - Throws: ``HTTPSignatureError`` `missing`, `malformed`, `componentUnsupported`.
    public init(of headers: HTTPHeaders) throws(HTTPSignatureError) {
        guard let inputs = headers.combined(Self.inputFieldName), let signatures = headers.combined(Self.fieldName)
        else {
            throw HTTPSignatureError(.missing, "wanted the fields Signature-Input and Signature (RFC 9421)")
        }
        let input = try Self.dictionary(inputs, Self.inputFieldName)
        let signature = try Self.dictionary(signatures, Self.fieldName)
        guard input.members.count == 1, signature.members.count == 1, let member = input.members.first,
            case .list(let list) = member.content, case .item(let item) = signature[member.key],
            case .bytes(let bytes) = item.value
        else {
            throw HTTPSignatureError(.malformed, "wanted one signature, under one name in both fields")
        }
        try self.init(label: member.key, list, bytes)
    }

    private init(label: String, _ list: StructuredInnerList, _ bytes: [UInt8]) throws(HTTPSignatureError) {
        self.label = label
        self.bytes = bytes
        parameters = list.serialized
        var components: [String] = []
        for item in list.items {
            guard case .string(let name) = item.value, name == name.lowercased(), !name.isEmpty else {
                throw HTTPSignatureError(.malformed, "a component is a name in lower case in quotes")
            }
            guard item.parameters.list.isEmpty, !components.contains(name), name != "@signature-params" else {
                throw HTTPSignatureError(.componentUnsupported, "\(item.serialized): each component once, plainly")
            }
            components.append(name)
        }
        self.components = components
        created = try Self.integer(list.parameters, "created")
        expires = try Self.integer(list.parameters, "expires")
        nonce = try Self.text(list.parameters, "nonce")
        keyID = try Self.text(list.parameters, "keyid")
        algorithm = try Self.text(list.parameters, "alg")
    }

    private static func dictionary(
        _ text: String,
        _ name: String
    ) throws(HTTPSignatureError) -> StructuredDictionary {
        do {
            return try StructuredDictionary(parsing: text)
        } catch {
            throw HTTPSignatureError(.malformed, "\(name): \(error)")
        }
    }

    private static func integer(
        _ parameters: StructuredParameters,
        _ name: String
    ) throws(HTTPSignatureError) -> Int64? {
        guard let value = parameters[name] else { return nil }
        guard case .integer(let number) = value else {
            throw HTTPSignatureError(.malformed, "\(name): wanted an integer")
        }
        return number
    }

    private static func text(_ parameters: StructuredParameters, _ name: String) throws(HTTPSignatureError) -> String? {
        guard let value = parameters[name] else { return nil }
        guard case .string(let text) = value else { throw HTTPSignatureError(.malformed, "\(name): wanted a string") }
        return text
    }

    /// Whether the signature is that key's for the request.
    ///
    /// - Throws: ``HTTPSignatureError`` `componentMissing` where it covers what the request does not have.
    public func isValid(for request: SignedRequest, by key: Ed25519PublicKey) throws(HTTPSignatureError) -> Bool {
        let base = try Self.base(of: request, components, parameters)
        return key.isValid(signature: bytes, for: base)
    }

    /// What is signed (RFC 9421, section 2.5).
    static func base(
        of request: SignedRequest,
        _ components: [String],
        _ parameters: String
    ) throws(HTTPSignatureError) -> [UInt8] {
        var base = ""
        for component in components {
            guard let value = request.value(of: component) else {
                throw HTTPSignatureError(.componentMissing, "the request has no \(component)")
            }
            guard !value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw HTTPSignatureError(.malformed, "\(component) holds a line break")
            }
            base += "\"\(component)\": \(value)\n"
        }
        return Array((base + "\"@signature-params\": \(parameters)").utf8)
    }
}

/// Why a request's signature cannot be checked.
public struct HTTPSignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The request carries no signature.
        case missing = "signature_missing"
        /// The fields are not what RFC 9421 says, or hold several signatures.
        case malformed = "signature_malformed"
        /// A component with parameters, or one that stands twice.
        case componentUnsupported = "signature_component_unsupported"
        /// It covers a field or a component that the request does not have.
        case componentMissing = "signature_component_missing"
    }

    /// The reason.
    public let code: Code
    /// For people.
    public let message: String

    /// An error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// One line for people.
    public var description: String { "\(code.rawValue): \(message)" }
}
