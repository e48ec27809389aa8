import Synchronization
import Testing
import Wire

/// How much memory of its own the process takes, files that are mapped into it left out (proc_pid_status(5)).
final class MemoryGauge: Sendable {
    private let start: Int
    private let peak: Mutex<Int>

    init() throws {
        start = try Self.bytes()
        peak = Mutex(start)
    }

    /// Takes note of what it is now.
    func note() {
        guard let now = try? Self.bytes() else { return }
        peak.withLock { $0 = max($0, now) }
    }

    /// Bytes by which it was more than at the beginning, at most.
    var growth: Int { peak.withLock { $0 } - start }

    private static func bytes() throws -> Int {
        let status = String(decoding: try FileIO.read("/proc/self/status", bytesMax: 1 << 16), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try #require(Int(line.filter(\.isNumber))) << 10
    }
}
