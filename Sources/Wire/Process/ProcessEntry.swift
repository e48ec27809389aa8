import Glibc

/// A line of the kernel's table of processes (proc_pid_stat(5)).
struct ProcessEntry {
    private static let lineBytesMax = 4096

    /// Whether it is dead and only waits to be collected.
    let isZombie: Bool
    /// The session's id, which is that of the process that made it.
    let session: Int32
    /// When it started, in clock ticks since the boot.
    let startTicks: String

    /// The line of a process; nil where there is none of that id.
    init?(pid: Int32) {
        guard let bytes = try? FileIO.read("/proc/\(pid)/stat", bytesMax: Self.lineBytesMax) else { return nil }
        // The second field is the program's name in parentheses and may hold anything.
        let afterName = String(decoding: bytes, as: UTF8.self).split(separator: ")").last ?? ""
        let fields = afterName.split(separator: " ")
        guard fields.count > 19, let session = Int32(fields[3]) else { return nil }
        isZombie = fields[0] == "Z" || fields[0] == "X"
        self.session = session
        startTicks = String(fields[19])
    }

    /// The ids of all processes.
    static func pids() -> [Int32] { ((try? FileIO.names(in: "/proc")) ?? []).compactMap { Int32($0) } }
}
