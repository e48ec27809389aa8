import Wire

/// What a request's signature must cover, and when it may have been made.
public struct RequestPolicy: Sendable, Equatable {
    /// How long ago a signature may have been made: so long its nonce is remembered.
    public var ageSecondsMax: Int64 = 300
    /// How far in the future, for clocks that run fast.
    public var skewSecondsMax: Int64 = 60
    /// Bytes of a nonce.
    public var nonceBytes = 16...128

    /// 5 minutes, 1 minute, 16 to 128 bytes.
    public init() {}

    /// The form of a signature by which a package may be announced, as `Accept-Signature` tells it (RFC 9421, section
    /// 5.1); a request without content needs method and target alone.
    public static let acceptSignature =
        #"sig1=("@method" "@target-uri" "content-digest" "content-type" "signalbox-archive-crc32c")"#
        + #";created;keyid;nonce;alg="ed25519""#

    /// The signature covers method, target, content and the named fields; it is of now, and can be told from others.
    ///
    /// The target is `@target-uri`, or `@authority` with `@path` and, where there is a query, `@query`.
    ///
    /// - Throws: ``Problem``.
    func check(
        _ signature: HTTPSignature,
        of request: SignedRequest,
        hasContent: Bool,
        covering fields: [String],
        now: Timestamp
    ) throws(Problem) {
        guard signature.algorithm == nil || signature.algorithm == HTTPSignature.ed25519 else {
            throw Self.problem(.signatureAlgorithm, "alg is \(HTTPSignature.ed25519), or left out")
        }
        let target = ["@authority", "@path"] + (request.query == nil ? [] : ["@query"])
        var wanted = signature.components.contains("@target-uri") ? ["@method"] : ["@method"] + target
        if hasContent { wanted += ["content-digest", "content-type"] }
        wanted += fields.map { $0.lowercased() }
        let missing = wanted.filter { !signature.components.contains($0) }
        guard missing.isEmpty else {
            throw Self.problem(.signatureCoverage, "the signature must cover \(missing.joined(separator: ", "))")
        }
        try checkTime(signature, now)
        guard let nonce = signature.nonce, nonceBytes.contains(nonce.utf8.count) else {
            let range = "\(nonceBytes.lowerBound) to \(nonceBytes.upperBound)"
            throw Self.problem(.signatureNonce, "wanted a nonce of \(range) characters")
        }
    }

    private func checkTime(_ signature: HTTPSignature, _ now: Timestamp) throws(Problem) {
        guard let created = signature.created, created <= now.seconds + skewSecondsMax,
            created > now.seconds - ageSecondsMax
        else {
            let detail = "created must lie within \(ageSecondsMax) s before now, which is \(now.seconds) here"
            throw Self.problem(.signatureCreated, detail)
        }
        guard signature.expires.map({ $0 > now.seconds }) ?? true else {
            throw Self.problem(.signatureExpired, "expires is over; it is \(now.seconds) here")
        }
    }

    static func problem(_ code: ProblemCode, _ detail: String) -> Problem {
        Problem(code, detail, field: HTTPSignature.inputFieldName)
    }
}
