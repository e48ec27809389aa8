import Glibc
public import Wire

/// The machine that a run was on.
public struct HostDescription: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// `Debian GNU/Linux 12 (bookworm)`.
    public var system: String?
    /// `Linux 6.1.0-28-amd64 x86_64`.
    public var kernel: String?
    /// `AMD EPYC 7B13`.
    public var processor: String?
    /// Processors that are online.
    public var cores: Int?
    /// Bytes of memory.
    public var memoryBytes: Int64?

    /// A machine of which the name alone is known.
    public init(name: String) { self.name = name }

    /// This machine, from os-release(5), uname(2) and proc(5).
    ///
    /// - Parameter read: a file's text, nil where there is none.
    public init(name: String, read: (String) -> String?) {
        self.name = name
        system = read("/etc/os-release").flatMap { Self.field("PRETTY_NAME", "=", $0) }.map { text in
            String(text.drop { $0 == "\"" }.reversed().drop { $0 == "\"" }.reversed())
        }
        let release = read("/proc/sys/kernel/osrelease")?.trimmed
        kernel = release.map { "Linux \($0) \(Self.architecture)" }
        processor = read("/proc/cpuinfo").flatMap { Self.field("model name", ":", $0) }
        cores = read("/proc/stat").map { text in
            text.split(separator: "\n").count { $0.hasPrefix("cpu") && !$0.hasPrefix("cpu ") }
        }
        let total = read("/proc/meminfo").flatMap { Self.field("MemTotal", ":", $0) }
        memoryBytes = total?.split(separator: " ").first.flatMap { Int64($0) }.map { $0 * 1024 }
    }

    /// Members without a value are null.
    public var json: JSON {
        [
            "name": .string(name),
            "os": system.map(JSON.string) ?? nil,
            "kernel": kernel.map(JSON.string) ?? nil,
            "cpu_model": processor.map(JSON.string) ?? nil,
            "cpu_cores": cores.map { .integer(Int64($0)) } ?? nil,
            "memory_bytes": memoryBytes.map(JSON.integer) ?? nil,
        ]
    }

    private static let architecture: String = {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            "unknown"
        #endif
    }()

    /// What stands behind a name and a mark, on the first line that has it.
    private static func field(_ name: String, _ mark: Character, _ text: String) -> String? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: mark, maxSplits: 1)
            if words.count == 2, String(words[0]).trimmed == name { return String(words[1]).trimmed }
        }
        return nil
    }
}
