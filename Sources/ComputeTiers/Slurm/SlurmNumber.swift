import Wire

/// A number in whatever shape a version writes it: `7`, `"7"`, or since v0.0.39
/// `{"set": true, "infinite": false, "number": 7}`.
enum SlurmNumber {
    /// The number; nil where there is none.
    static func value(_ json: JSON?) -> Int64? {
        switch json {
        case .integer(let number): return number
        case .string(let text): return Int64(text)
        case .object:
            guard json?["set"] != .bool(false), json?["infinite"] != .bool(true) else { return nil }
            return json?["number"]?.integerValue
        default: return nil
        }
    }
}
