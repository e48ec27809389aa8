public import Wire

/// What is wrong with a request, as RFC 9457 tells it (`application/problem+json`).
public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The media type.
    public static let mediaType = "application/problem+json"
    /// What `type` begins with; the code follows.
    public static let typePrefix = "https://signalbox.dev/problems/"

    /// The closed code.
    public let code: String
    /// The HTTP status.
    public let status: Int
    /// The same words for every occurrence.
    public let title: String
    /// What is wrong this time, for people.
    public let detail: String
    /// The offending field of the body (RFC 6901); what stands in the envelope's payload is named as if it stood there
    /// decoded: `/payload/predicate/robot_id`.
    public var pointer: String?
    /// The offending header field.
    public var field: String?
    /// How soon the request may come again.
    public var retryAfterSeconds: Int?

    /// A problem that the API finds itself.
    public init(
        _ code: ProblemCode,
        _ detail: String,
        pointer: String? = nil,
        field: String? = nil,
        retryAfterSeconds: Int? = nil
    ) {
        self.init(code.rawValue, code.status, code.title, detail)
        self.pointer = pointer
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// A signature that cannot be read or checked.
    public init(_ error: HTTPSignatureError) {
        self.init(error.code.rawValue, 401, "The request's signature is not accepted", error.message)
        field = error.code == .missing ? HTTPSignature.fieldName : HTTPSignature.inputFieldName
    }

    /// A manifest that is refused.
    public init(_ refusal: Refusal) {
        self.init(refusal.code.rawValue, refusal.code.status, "The manifest is refused", refusal.message)
        pointer = refusal.pointer ?? refusal.code.pointer
    }

    /// A key that may not sign requests now.
    public init(keyOfRequest refusal: Refusal) {
        self.init(refusal.code.rawValue, 403, "The key may not sign", refusal.message)
        field = HTTPSignature.inputFieldName
    }

    /// A store that did not do its work.
    public init(_ error: StoreError) {
        self.init(.unavailable, "the stores did not answer as they should (\(error.code.rawValue)); try again")
        retryAfterSeconds = Self.storeSeconds
    }

    /// How soon to try again when a store failed.
    private static let storeSeconds = 2

    private init(_ code: String, _ status: Int, _ title: String, _ detail: String) {
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
    }

    /// The body of the answer.
    public var json: JSON {
        var members: [String: JSON] = [
            "type": .string(Self.typePrefix + code),
            "title": .string(title),
            "status": .integer(Int64(status)),
            "detail": .string(detail),
            "code": .string(code),
        ]
        members["pointer"] = pointer.map(JSON.string)
        members["field"] = field.map(JSON.string)
        return .object(members)
    }

    /// `signature_missing: …`.
    public var description: String { "\(code): \(detail)" }
}

extension RefusalCode {
    /// The status that says a manifest is refused for this: what cannot be read is 400, what says the wrong thing 422,
    /// what may not be said 403.
    var status: Int {
        switch self {
        case .envelopeMalformed, .payloadType, .unsigned: 400
        case .unknownKey, .keyNotForEnvironment, .keyNotForRobot, .keyNotYetValid, .keyExpired, .keyRevoked,
            .badSignature:
            403
        case .manifestTooLong: 413
        default: 422
        }
    }

    /// The field that a refusal is about where it does not say so itself.
    var pointer: String? {
        switch self {
        case .envelopeMalformed, .manifestTooLong: ""
        case .payloadType: "/payloadType"
        case .unsigned: "/signatures"
        case .unknownKey, .keyNotYetValid, .keyExpired, .keyRevoked: "/signatures/0/keyid"
        case .badSignature: "/signatures/0/sig"
        case .keyNotForEnvironment: "/payload/predicate/environment_id"
        case .keyNotForRobot: "/payload/predicate/robot_id"
        case .packageID: "/payload/predicate/package_id"
        case .manifestSchema: "/payload"
        default: nil
        }
    }
}
