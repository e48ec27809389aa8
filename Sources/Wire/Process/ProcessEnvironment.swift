import Glibc

/// The process's own environment variables; read once at the start of a program and injected from there.
public enum ProcessEnvironment {
    /// All variables by name; of two with one name the first counts, as for getenv(3).
    public static func current() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, variables[String(parts[0])] == nil { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
