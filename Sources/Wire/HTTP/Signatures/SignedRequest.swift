/// A request as a signature sees it (RFC 9421, section 2).
public struct SignedRequest: Sendable {
    /// `POST`.
    public var method: String
    /// `https` or `http`, as the client spoke.
    public var scheme: String
    /// The host, with its port where it is not the scheme's own.
    public var authority: String
    /// The path, percent-encoded as it was sent; never empty.
    public var path: String
    /// The query without its question mark; nil where there is none.
    public var query: String?
    /// The header fields.
    public var headers: HTTPHeaders

    /// A request of its parts.
    ///
    /// - Parameter target: the path with its query, as the request line has it.
    public init(method: String, scheme: String, authority: String, target: String, headers: HTTPHeaders) {
        self.method = method
        self.scheme = scheme.lowercased()
        self.authority = Self.authority(authority, scheme: self.scheme)
        let mark = target.firstIndex(of: "?")
        let path = mark.map { target[..<$0] } ?? target[...]
        self.path = path.isEmpty ? "/" : String(path)
        query = mark.map { String(target[target.index(after: $0)...]) }
        self.headers = headers
    }

    /// The request that goes to an absolute URL; nil for text that is none.
    public init?(method: String, url: String, headers: HTTPHeaders) {
        guard let colon = url.firstRange(of: "://") else { return nil }
        let rest = url[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard end > rest.startIndex, !rest[..<end].contains("@"), !url.contains("#") else { return nil }
        var target = String(rest[end...])
        if !target.hasPrefix("/") { target = "/" + target }
        self.init(
            method: method,
            scheme: String(url[..<colon.lowerBound]),
            authority: String(rest[..<end]),
            target: target,
            headers: headers
        )
    }

    /// The value of a derived component or of a field; nil where the request has none such, or it is not supported.
    func value(of component: String) -> String? {
        switch component {
        case "@method": method
        case "@scheme": scheme
        case "@authority": authority
        case "@path": path
        case "@query": "?" + (query ?? "")
        case "@request-target": path + (query.map { "?" + $0 } ?? "")
        case "@target-uri": "\(scheme)://\(authority)\(path)" + (query.map { "?" + $0 } ?? "")
        default: component.hasPrefix("@") ? nil : headers.combined(component)
        }
    }

    /// A host as `@authority` has it: lower case, without the scheme's own port (RFC 9421, section 2.2.3).
    public static func authority(_ authority: String, scheme: String) -> String {
        let authority = authority.lowercased()
        let port = scheme == "https" ? ":443" : ":80"
        return authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority
    }
}
