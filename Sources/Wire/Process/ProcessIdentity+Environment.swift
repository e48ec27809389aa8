extension ProcessIdentity {
    /// Bytes of an environment that are looked at.
    private static let environmentBytesMax = 1 << 20

    /// The processes that were started with an environment like this (proc_pid_environ(5)), as far as this user may
    /// see.
    ///
    /// - Parameter matches: is given a process' variables as it was started with them.
    public static func started(with matches: ([String: String]) -> Bool) -> [ProcessIdentity] {
        ProcessEntry.pids().compactMap { pid in
            let path = "/proc/\(pid)/environ"
            guard let bytes = try? FileIO.read(path, bytesMax: environmentBytesMax), !bytes.isEmpty else { return nil }
            var variables: [String: String] = [:]
            for entry in bytes.split(separator: 0) {
                let text = String(decoding: entry, as: UTF8.self)
                guard let sign = text.firstIndex(of: "=") else { continue }
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            return matches(variables) ? ProcessIdentity(pid: pid) : nil
        }
    }
}
