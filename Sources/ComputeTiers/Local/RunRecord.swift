import Glibc
import Wire

/// Who runs a run: a process is itself only together with its start time and the machine's boot.
struct RunRecord {
    let processID: pid_t
    private let startTicks: String
    private let bootID: String

    /// Reads a run's `process` file; nil where there is none.
    init?(folder: String) {
        guard let bytes = try? FileIO.read(folder + "/process", bytesMax: LocalTier.recordBytesMax) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
        guard parts.count == 3, let processID = pid_t(parts[0]), processID > 1 else { return nil }
        self.processID = processID
        startTicks = parts[1]
        bootID = parts[2]
    }

    /// Whether the machine was not restarted since.
    var isOfThisBoot: Bool {
        let current = (try? FileIO.read("/proc/sys/kernel/random/boot_id", bytesMax: 128)) ?? []
        return String(decoding: current, as: UTF8.self).filter { !$0.isWhitespace } == bootID
    }

    /// Whether that very process is there and no zombie (proc(5), `/proc/pid/stat` fields 3 and 22).
    var isAlive: Bool {
        guard isOfThisBoot, let bytes = try? FileIO.read("/proc/\(processID)/stat", bytesMax: 4096) else {
            return false
        }
        // The second field is the program's name in parentheses and may hold anything.
        let afterName = String(decoding: bytes, as: UTF8.self).split(separator: ")").last ?? ""
        let fields = afterName.split(separator: " ")
        return fields.count > 19 && fields[0] != "Z" && fields[19] == startTicks
    }
}
