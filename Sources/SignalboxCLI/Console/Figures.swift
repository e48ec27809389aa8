/// Numbers as people read them.
enum Figures {
    /// `1.4 MiB`.
    static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[unit])"
    }

    /// A number with so many decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (abs(value) * scale).rounded()
        let (whole, rest) = Int64(scaled).quotientAndRemainder(dividingBy: Int64(scale))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let digits = String(rest)
        return "\(sign)\(whole).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
    }

    /// A loss with four significant digits: `0.03127`, `1.25e-07`.
    static func loss(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        var exponent = 0
        var mantissa = abs(value)
        while mantissa < 1, exponent > -400 {
            mantissa *= 10
            exponent -= 1
        }
        if exponent >= -4 { return fixed(value, min(3 - exponent, 7)) }
        return "\(fixed(value < 0 ? -mantissa : mantissa, 2))e\(exponent)"
    }

    /// `8.4 s`, `3 min 20 s`, `2 h 5 min`.
    static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "\(seconds) s" }
        if seconds < 60 { return "\(fixed(seconds, 1)) s" }
        let whole = Int64(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
