import Wire

extension Timestamp {
    /// Microseconds since 1970, the grain of generations and update times.
    var microseconds: Int64 { seconds * 1_000_000 + Int64(nanoseconds) / 1000 }

    /// A time from microseconds since 1970.
    init(microseconds: Int64) {
        let seconds = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        self.init(seconds: seconds, nanoseconds: (microseconds - seconds * 1_000_000) * 1000)
    }
}
