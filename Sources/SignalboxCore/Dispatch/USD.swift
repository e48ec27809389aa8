/// Money as text.
public enum USD {
    /// `1.2345 USD`: to a hundredth of a cent, rounded up where it is between.
    public static func text(_ amount: Double) -> String {
        guard amount.isFinite, abs(amount) < 1e12 else { return "\(amount) USD" }
        // What is a whole number but for the last bit of a double is not rounded up.
        let units = Int64((abs(amount) * 10_000 - 1e-6).rounded(.up))
        let fraction = String(units % 10_000)
        let sign = amount < 0 ? "-" : ""
        return "\(sign)\(units / 10_000).\(String(repeating: "0", count: 4 - fraction.count))\(fraction) USD"
    }
}
