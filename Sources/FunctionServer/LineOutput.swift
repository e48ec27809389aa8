import Glibc
import Synchronization
import Wire

/// Whole lines to a file descriptor, one after the other.
final class LineOutput: Sendable {
    /// Where log lines go while serving.
    static let standardOutput = LineOutput(STDOUT_FILENO)
    /// Where log lines go when stdout carries an answer.
    static let standardError = LineOutput(STDERR_FILENO)

    private let descriptor: Mutex<Int32>

    init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    /// Writes the text and a line end; what cannot be written is lost, as nobody could be told.
    func write(_ line: String) {
        descriptor.withLock { FileIO.writeLine(line, to: $0) }
    }
}
