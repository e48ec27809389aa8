import Wire

/// What a request's signature must cover, and when it may have been made.
public struct RequestPolicy: Sendable, Equatable {
    /// How long ago a signature may have been made: so long its nonce is remembered.
    public var ageSecondsMax: Int64 = 300
    /// How far in the future, for clocks that run fast.
    public var skewSecondsMax: Int64 = 60
    /// Bytes of a nonce.
    public var nonceBytes = 16...128

    /// What the server is called, as `@authority` has it; nil: whatever a request calls it. A request that was signed
    /// for another server, which hands it on, is refused by it.
    public var authorities: Set<String>?

    /// 5 minutes, 1 minute, 16 to 128 bytes, of any name.
    public init() {}

    /// The form of a signature by which a request is accepted, as `Accept-Signature` tells it (RFC 9421, section 5.1).
    /// Nonce and key are the client's to choose, so neither is named: there they would stand with their values.
    ///
    /// - Parameter hasContent: whether it announces a package; a request without content needs method and target alone.
    public static func acceptSignature(hasContent: Bool) -> String {
        var components = ["@method", "@target-uri"]
        if hasContent { components += ["content-digest", "content-type", UploadDesk.crc32cField.lowercased()] }
        var parameters = StructuredParameters()
        parameters.add("created", .boolean(true))
        parameters.add("alg", .string(HTTPSignature.ed25519))
        let list = StructuredInnerList(components.map { StructuredItem(.string($0)) }, parameters: parameters)
        return StructuredDictionary([(HTTPRequestSigner.label, .list(list))]).serialized
    }

    /// The request is for this server.
    ///
    /// - Throws: ``Problem`` `host_unknown`.
    func checkHost(of request: SignedRequest) throws(Problem) {
        guard let authorities, !authorities.contains(request.authority) else { return }
        throw Problem(.hostUnknown, "no server of that name is here: send the request to the API itself", field: "Host")
    }

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
