/// The `Content-Digest` field (RFC 9530): what the bytes of a message's content hash to.
public enum ContentDigest {
    /// The field's name.
    public static let fieldName = "Content-Digest"

    /// Why a digest does not vouch for a content.
    public enum Failure: Error, Sendable, Equatable {
        /// No such field.
        case missing
        /// The field is no dictionary of byte sequences.
        case malformed(String)
        /// None of the digests is of an algorithm that is safe and known: `sha-256`, `sha-512`.
        case algorithmUnsupported
        /// The bytes are others.
        case mismatch(String)
    }

    /// The field for a content: `sha-256=:…:`.
    public static func field(for content: [UInt8]) -> String {
        let digest = StructuredItem(.bytes(SHA256.digest(of: content).bytes))
        return StructuredDictionary([("sha-256", .item(digest))]).serialized
    }

    /// Checks a content against every digest of a safe algorithm; there must be one at least. Digests of other
    /// algorithms are passed over (RFC 9530, section 5).
    public static func check(_ headers: HTTPHeaders, content: [UInt8]) throws(Failure) {
        guard let text = headers.combined(fieldName) else { throw .missing }
        let field: StructuredDictionary
        do { field = try StructuredDictionary(parsing: text) } catch { throw .malformed("\(error)") }
        var isChecked = false
        for member in field.members {
            guard case .item(let item) = member.content, case .bytes(let digest) = item.value else {
                throw .malformed("\(member.key): wanted bytes between colons")
            }
            let actual: [UInt8]
            switch member.key {
            case "sha-256": actual = SHA256.digest(of: content).bytes
            case "sha-512": actual = SHA512.digest(of: content)
            default: continue
            }
            guard digest == actual else { throw .mismatch(member.key) }
            isChecked = true
        }
        guard isChecked else { throw .algorithmUnsupported }
    }
}
