import Glibc
import Wire

/// A process that cannot be taken for another one: ids are used again, together with start time and boot they are not.
struct ProcessIdentity: Sendable, Equatable {
    /// The process id.
    let pid: Int32
    /// When it started, in clock ticks since the boot (proc_pid_stat(5), field 22).
    let startTicks: String
    /// The boot it belongs to.
    let bootID: String

    /// A process that runs now; nil where there is none of that id.
    init?(pid: Int32) {
        guard let ticks = Self.startTicks(of: pid), let boot = Self.currentBoot() else { return nil }
        self.pid = pid
        startTicks = ticks
        bootID = boot
    }

    /// Reads a state file's form.
    init(_ reader: JSONReader) throws(JSONTypeError) {
        pid = Int32(try reader["pid"].integer(in: 2...Int64(Int32.max)))
        startTicks = try reader["start_ticks"].string()
        bootID = try reader["boot_id"].string()
    }

    /// The state file's form.
    var json: JSON {
        ["pid": .integer(Int64(pid)), "start_ticks": .string(startTicks), "boot_id": .string(bootID)]
    }

    /// Whether that very process runs.
    var isAlive: Bool { Self.startTicks(of: pid) == startTicks && Self.currentBoot() == bootID }

    /// Sends it a signal, if it is still that process.
    func signal(_ number: Int32) { if isAlive { kill(pid, number) } }

    /// The start time; nil for no process and for one that is dead and only waits to be collected.
    private static func startTicks(of pid: Int32) -> String? {
        guard let bytes = try? FileIO.read("/proc/\(pid)/stat", bytesMax: 4096) else { return nil }
        // The second field is the program's name in parentheses and may hold anything.
        let afterName = String(decoding: bytes, as: UTF8.self).split(separator: ")").last ?? ""
        let fields = afterName.split(separator: " ")
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return String(fields[19])
    }

    private static func currentBoot() -> String? {
        guard let bytes = try? FileIO.read("/proc/sys/kernel/random/boot_id", bytesMax: 128) else { return nil }
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }
}
