package import Wire

/// The trace that a request belongs to.
package struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits.
    let id: String
    /// 16 hexadecimal digits.
    let span: String?
    /// Whether the trace is kept.
    let isSampled: Bool

    /// Reads `traceparent` (W3C Trace Context, section 3.2), else `X-Cloud-Trace-Context`
    /// (https://cloud.google.com/trace/docs/trace-context); nil where neither is there or well formed.
    package init?(_ headers: HTTPHeaders) {
        if let value = headers["traceparent"], let context = TraceContext(traceparent: value) {
            self = context
        } else if let value = headers["x-cloud-trace-context"], let context = TraceContext(cloud: value) {
            self = context
        } else {
            return nil
        }
    }

    private init?(traceparent value: String) {
        let parts = value.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", Self.isID(parts[1], digits: 32),
            Self.isID(parts[2], digits: 16), let flags = Hex.decode(parts[3])?.first, parts[3].utf8.count == 2
        else { return nil }
        self.init(id: parts[1], span: parts[2], isSampled: flags & 1 == 1)
    }

    private init?(cloud value: String) {
        let halves = value.split(separator: ";", maxSplits: 1).map(String.init)
        let ids = (halves.first ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        guard let id = ids.first?.lowercased(), Self.isID(id, digits: 32) else { return nil }
        // The span is a decimal number here; log entries want it in hexadecimal.
        let span = ids.count > 1 ? UInt64(ids[1]) : nil
        let digits = span.map { String($0, radix: 16) }
        self.init(
            id: id,
            span: digits.map { String(repeating: "0", count: 16 - $0.count) + $0 },
            isSampled: halves.count > 1 && halves[1] == "o=1"
        )
    }

    private init(id: String, span: String?, isSampled: Bool) {
        self.id = id
        self.span = span
        self.isSampled = isSampled
    }

    private static func isID(_ text: String, digits: Int) -> Bool {
        text.utf8.count == digits && text == text.lowercased() && Hex.decode(text) != nil
            && text.contains { $0 != "0" }
    }
}
