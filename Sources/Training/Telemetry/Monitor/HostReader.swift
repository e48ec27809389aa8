/// What a machine and this process use, from Linux's `/proc` and `/sys` (proc(5), sysfs-class-thermal).
public struct HostReader: Sendable {
    /// Zones of temperature that are looked at.
    private static let zonesMax = 16

    private let read: @Sendable (String) -> String?
    private var lastTimes: (busy: Double, all: Double, own: Double)?

    /// - Parameter read: a file's text, nil where there is none.
    public init(read: @escaping @Sendable (String) -> String?) { self.read = read }

    /// What is in use now, by name. Shares of time are those since the last call: the first has none.
    public mutating func sample() -> [(name: String, value: Double)] {
        var values: [(String, Double)] = []
        let now = times()
        if let now, let last = lastTimes, now.all > last.all {
            let passed = now.all - last.all
            values.append(("cpu_percent", 100 * (now.busy - last.busy) / passed))
            // Of one core, as top(1) has it.
            values.append(("process_cpu_percent", 100 * (now.own - last.own) / passed * Double(coreCount)))
        }
        lastTimes = now
        let memory = fields("/proc/meminfo")
        if let total = memory["MemTotal"], let available = memory["MemAvailable"], total > 0 {
            values.append(("memory_used_bytes", (total - available) * 1024))
            values.append(("memory_percent", 100 * (total - available) / total))
        }
        if let resident = fields("/proc/self/status")["VmRSS"] {
            values.append(("process_memory_bytes", resident * 1024))
        }
        if let temperature = hottest() { values.append(("temperature_celsius", temperature)) }
        return values
    }

    /// Processors that are online.
    private var coreCount: Int {
        let lines = (read("/proc/stat") ?? "").split(separator: "\n")
        return max(lines.count { $0.hasPrefix("cpu") && !$0.hasPrefix("cpu ") }, 1)
    }

    /// Ticks since the machine started, of all processors: busy, all, and this process's.
    private func times() -> (busy: Double, all: Double, own: Double)? {
        guard let first = read("/proc/stat")?.split(separator: "\n").first, first.hasPrefix("cpu ") else { return nil }
        // user nice system idle iowait irq softirq steal; a guest's are part of user's.
        let ticks = first.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        guard ticks.count >= 5 else { return nil }
        let all = ticks.reduce(0, +)
        // The program's name, in parentheses, may hold anything; behind it stands the state, then utime as the 12th.
        let own = read("/proc/self/stat")?.split(separator: ")").last?.split(separator: " ") ?? []
        let used = own.count > 12 ? (Double(own[11]) ?? 0) + (Double(own[12]) ?? 0) : 0
        return (all - ticks[3] - ticks[4], all, used)
    }

    /// `MemTotal:  24689764 kB` by name.
    private func fields(_ path: String) -> [String: Double] {
        var fields: [String: Double] = [:]
        for line in (read(path) ?? "").split(separator: "\n") {
            let words = line.split(separator: ":", maxSplits: 1)
            guard words.count == 2, let number = words[1].split(whereSeparator: \.isWhitespace).first else { continue }
            fields[String(words[0])] = Double(number)
        }
        return fields
    }

    private func hottest() -> Double? {
        var readings: [Double] = []
        for zone in 0..<Self.zonesMax {
            guard let text = read("/sys/class/thermal/thermal_zone\(zone)/temp") else { break }
            if let thousandths = Double(text.filter { !$0.isWhitespace }) { readings.append(thousandths / 1000) }
        }
        return readings.max()
    }
}
