import Glibc
import Wire

/// The terminal: data on standard output, messages on standard error, both unbuffered so that a reader sees them at
/// once.
enum Console {
    /// A line of data.
    static func data(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// Bytes of data as they are.
    static func data(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// A line for people.
    static func note(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Data as JSON: pretty for one answer, one line each where answers follow each other.
    static func data(_ json: JSON, pretty: Bool = true) { data(json.serialized(pretty: pretty)) }

    /// Text for people without an end of line.
    static func draw(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Whether messages go to a terminal that can redraw a line.
    static var isInteractive: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Whether data goes to a terminal.
    static var isDataInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

    /// The reason why a command failed: one line for people, or one JSON object.
    static func report(_ error: CommandError, asJSON: Bool) {
        guard asJSON else { return note("signalbox: \(error.code): \(error.message)") }
        let json: JSON = [
            "error": [
                "code": .string(error.code),
                "message": .string(error.message),
                "exit_code": .integer(Int64(error.status.rawValue)),
            ]
        ]
        note(json.serialized())
    }

    private static func write(_ text: String, to file: Int32) { write(Array(text.utf8), to: file) }

    private static func write(_ bytes: [UInt8], to file: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads: there is nobody to tell.
            guard count > 0 else { return }
            written += count
        }
    }
}
