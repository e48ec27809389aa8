/// What the upload API itself finds wrong with a request; a manifest that is refused has its ``RefusalCode``, a
/// signature that cannot be read its `HTTPSignatureError.Code`. `docs/errors.md` says what to do about each.
public enum ProblemCode: String, Sendable, CaseIterable {
    /// The request is for another server.
    case hostUnknown = "host_unknown"
    /// There is no body.
    case bodyMissing = "body_missing"
    /// The body is longer than a manifest may be.
    case bodyTooLong = "body_too_long"
    /// The body is of another media type.
    case contentTypeUnsupported = "content_type_unsupported"
    /// No `Content-Digest`.
    case contentDigestMissing = "content_digest_missing"
    /// A `Content-Digest` that RFC 9530 does not know.
    case contentDigestMalformed = "content_digest_malformed"
    /// Neither `sha-256` nor `sha-512`.
    case contentDigestUnsupported = "content_digest_unsupported"
    /// The body is not what its digest says.
    case contentDigestMismatch = "content_digest_mismatch"
    /// The signature leaves out what it must cover.
    case signatureCoverage = "signature_coverage"
    /// Another algorithm than Ed25519.
    case signatureAlgorithm = "signature_algorithm"
    /// Made too long ago, in the future, or nobody knows when.
    case signatureCreated = "signature_created"
    /// Over by its own word.
    case signatureExpired = "signature_expired"
    /// No nonce, or one that is too short or too long.
    case signatureNonce = "signature_nonce"
    /// By no key of the keyring.
    case signatureKeyUnknown = "signature_key_unknown"
    /// It does not fit the request.
    case signatureInvalid = "signature_invalid"
    /// The request was made before.
    case signatureReplayed = "signature_replayed"
    /// The request is not signed by the key that signed the manifest.
    case signerMismatch = "signer_mismatch"
    /// The archive's checksum is not told.
    case crc32cMissing = "archive_crc32c_missing"
    /// The archive's checksum is no CRC32C.
    case crc32cMalformed = "archive_crc32c_malformed"
    /// The archive is longer than any may be.
    case archiveTooLong = "archive_too_long"
    /// The package was accepted with another archive.
    case packageConflict = "package_conflict"
    /// Other content of the same package is on its way.
    case uploadInProgress = "upload_in_progress"
    /// No such package of this robot.
    case packageUnknown = "package_unknown"
    /// The package is not decided yet.
    case receiptPending = "receipt_pending"
    /// No such route.
    case routeUnknown = "route_unknown"
    /// Too many requests at once.
    case busy
    /// A store cannot be reached: nothing was decided.
    case unavailable

    /// The HTTP status (RFC 9110).
    public var status: Int {
        switch self {
        case .bodyMissing, .contentDigestMissing, .contentDigestMalformed, .contentDigestUnsupported,
            .contentDigestMismatch, .crc32cMissing, .crc32cMalformed:
            400
        case .signatureCoverage, .signatureAlgorithm, .signatureCreated, .signatureExpired, .signatureNonce,
            .signatureKeyUnknown, .signatureInvalid, .signatureReplayed:
            401
        case .signerMismatch: 403
        case .packageUnknown, .receiptPending, .routeUnknown: 404
        case .packageConflict, .uploadInProgress: 409
        case .bodyTooLong, .archiveTooLong: 413
        case .contentTypeUnsupported: 415
        case .hostUnknown: 421
        case .busy, .unavailable: 503
        }
    }

    /// The same words for every occurrence (RFC 9457, section 3.1.3).
    public var title: String {
        switch self {
        case .hostUnknown: "The request is for another server"
        case .bodyMissing, .bodyTooLong, .contentTypeUnsupported: "The body is no manifest"
        case .contentDigestMissing, .contentDigestMalformed, .contentDigestUnsupported, .contentDigestMismatch:
            "The content's digest does not vouch for it"
        case .signatureCoverage, .signatureAlgorithm, .signatureCreated, .signatureExpired, .signatureNonce,
            .signatureKeyUnknown, .signatureInvalid, .signatureReplayed:
            "The request's signature is not accepted"
        case .signerMismatch: "The request and the manifest are signed by different keys"
        case .crc32cMissing, .crc32cMalformed, .archiveTooLong: "The archive cannot be announced like this"
        case .packageConflict: "The package was accepted with another archive"
        case .uploadInProgress: "Another upload of the package is under way"
        case .packageUnknown, .routeUnknown: "There is no such thing"
        case .receiptPending: "The package is not decided yet"
        case .busy, .unavailable: "Nothing was decided"
        }
    }
}
