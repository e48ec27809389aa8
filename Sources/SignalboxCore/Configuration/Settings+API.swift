import Wire

extension Settings {
    /// `SIGNALBOX_API_HOSTS`: what clients call the upload API, as `@authority` has it; nil where it is not set.
    ///
    /// - Parameter scheme: what clients speak, `https` or `http`.
    public func apiHosts(scheme: String) throws(ConfigurationError) -> Set<String>? {
        let name = "SIGNALBOX_API_HOSTS"
        guard let text = environment.text(name) else { return nil }
        var hosts: Set<String> = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let spaces = { (byte: UInt8) in byte == UInt8(ascii: " ") }
            let host = String(
                decoding: entry.utf8.drop(while: spaces).reversed().drop(while: spaces).reversed(),
                as: UTF8.self
            )
            guard !host.isEmpty, host.utf8.allSatisfy(Self.isOfHost) else {
                throw ConfigurationError(name, "holds \"\(host)\", which is no host or host:port")
            }
            hosts.insert(SignedRequest.authority(host, scheme: scheme))
        }
        return hosts
    }

    /// A byte of a host and its port (RFC 3986, section 3.2.2): letters, digits, what stands in names and addresses.
    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-.:[]_".utf8.contains(byte)
        }
    }
}
