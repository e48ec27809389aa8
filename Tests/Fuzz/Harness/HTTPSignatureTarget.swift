import Wire

extension FuzzTarget {
    /// The fields of a signed request (RFC 9421): a line for `Signature-Input`, one for `Signature`, one for
    /// `Content-Digest`. What is taken as a structured field is written and read again as the same; no made-up
    /// signature verifies.
    static let httpSignature = FuzzTarget(name: "http-signature") { bytes in
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        var headers = HTTPHeaders([("Content-Type", "application/json")])
        for (name, line) in zip(
            [HTTPSignature.inputFieldName, HTTPSignature.fieldName, ContentDigest.fieldName],
            lines
        ) {
            headers.add(name, String(line))
            guard let field = try? StructuredDictionary(parsing: String(line)) else { continue }
            let again = try? StructuredDictionary(parsing: field.serialized)
            require(again == field, "another field after writing: \(field.serialized)")
        }
        try? ContentDigest.check(headers, content: bytes)
        guard let signature = try? HTTPSignature(of: headers), let key = Ed25519PrivateKey(seed: Array(0..<32)) else {
            return
        }
        let request = SignedRequest(
            method: "POST",
            scheme: "https",
            authority: "api.example",
            target: "/upload?x=1",
            headers: headers
        )
        let isValid = (try? signature.isValid(for: request, by: key.publicKey)) ?? false
        require(!isValid, "a made-up signature verifies")
    }
}
