import Glibc

/// A process that cannot be taken for another one: ids are used again, together with start time and boot they are not.
public struct ProcessIdentity: Sendable, Equatable {
    private static let bootBytesMax = 128

    /// The process id.
    public let pid: Int32
    /// When it started, in clock ticks since the boot (proc_pid_stat(5), field 22).
    public let startTicks: String
    /// The boot it belongs to (random(4), `boot_id`).
    public let bootID: String

    /// A process that runs now; nil where there is none of that id.
    public init?(pid: Int32) {
        guard let entry = ProcessEntry(pid: pid), !entry.isZombie, let boot = Self.currentBoot() else { return nil }
        self.pid = pid
        startTicks = entry.startTicks
        bootID = boot
    }

    /// Reads one line, `4711 1234567 b5ff…`: id, start and boot; nil where it is malformed.
    public init?(_ text: String) {
        let parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard parts.count == 3, let pid = Int32(parts[0]), pid > 1 else { return nil }
        self.pid = pid
        startTicks = parts[1]
        bootID = parts[2]
    }

    /// Reads ``json``.
    ///
    /// - Throws: `JSONTypeError` with the member's place.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        pid = Int32(try reader["pid"].integer(in: 2...Int64(Int32.max)))
        startTicks = try reader["start_ticks"].string()
        bootID = try reader["boot_id"].string()
    }

    /// `{"pid": 4711, "start_ticks": "1234567", "boot_id": "b5ff…"}`.
    public var json: JSON {
        ["pid": .integer(Int64(pid)), "start_ticks": .string(startTicks), "boot_id": .string(bootID)]
    }

    /// Whether the machine was not restarted since.
    public var isOfThisBoot: Bool { Self.currentBoot() == bootID }

    /// Whether that very process runs; one that is dead and only waits to be collected does not.
    public var isAlive: Bool {
        guard isOfThisBoot, let entry = ProcessEntry(pid: pid) else { return false }
        return !entry.isZombie && entry.startTicks == startTicks
    }

    /// Sends it a signal, if it is still that process.
    public func signal(_ number: Int32) { if isAlive { kill(pid, number) } }

    private static func currentBoot() -> String? {
        let path = "/proc/sys/kernel/random/boot_id"
        guard let bytes = try? FileIO.read(path, bytesMax: bootBytesMax) else { return nil }
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }
}
