import Glibc
import Wire

/// A log of JSON lines that several threads append to: one write a line, which the system does not mix.
final class LogFile: Sendable {
    private let file: Int32

    /// Opens a log at its end.
    init(_ path: String) throws(CommandError) {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandError(.fileUnusable, "\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { if file >= 0 { close(file) } }

    /// Appends a line.
    func append(_ line: JSON) { FileIO.writeLine(line.serialized(), to: file) }
}
