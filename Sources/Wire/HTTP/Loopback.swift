/// Whether a name is this machine's own: what a server on loopback asks before it answers.
public enum Loopback {
    private static let hosts = ["127.0.0.1", "localhost", "[::1]"]

    /// Whether an authority (RFC 3986, section 3.2), as a `Host` field has it, is a loopback host, with a port
    /// or without.
    public static func isLoopback(authority: some StringProtocol) -> Bool {
        let authority = authority.lowercased()
        return hosts.contains { host in
            guard authority.hasPrefix(host) else { return false }
            let port = authority.dropFirst(host.count)
            return port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()) != nil)
        }
    }

    /// Whether an `Origin` (https://fetch.spec.whatwg.org/#origin-header) is a page that this machine serves itself.
    public static func isLoopback(origin: String) -> Bool {
        let origin = origin.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { origin.hasPrefix($0) }) else { return false }
        return isLoopback(authority: origin.dropFirst(scheme.count))
    }
}
