import Wire

/// The `Retry-After` field (RFC 9110, section 10.2.3).
enum RetryAfter {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// How long to wait from now; nil where the field is neither seconds nor a date.
    static func parse(_ text: String, now: Timestamp) -> Duration? {
        if let seconds = Int64(text), seconds >= 0 { return .seconds(seconds) }
        // `Sun, 06 Nov 1994 08:49:37 GMT`; the older forms are obsolete.
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        guard let date = Timestamp(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z") else { return nil }
        return max(date - now, .zero)
    }
}
