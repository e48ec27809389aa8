import Glibc
import Wire

/// The terminal: data on standard output, messages on standard error, both unbuffered so that a reader sees them at
/// once.
enum Console {
    /// A line of data.
    static func data(_ line: String) { FileIO.writeLine(line, to: STDOUT_FILENO) }

    /// Bytes of data as they are.
    static func data(_ bytes: [UInt8]) { FileIO.writeAll(bytes, to: STDOUT_FILENO) }

    /// A line for people.
    static func note(_ line: String) { FileIO.writeLine(line, to: STDERR_FILENO) }

    /// Data as JSON: pretty for one answer, one line each where answers follow each other.
    static func data(_ json: JSON, pretty: Bool = true) { data(json.serialized(pretty: pretty)) }

    /// Text for people without an end of line.
    static func draw(_ text: String) { FileIO.writeAll(Array(text.utf8), to: STDERR_FILENO) }

    /// Whether messages go to a terminal that can redraw a line.
    static var isInteractive: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Whether somebody at a terminal can be asked.
    static var isInputInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    /// Asks somebody at the terminal; only `y` and `yes` are a yes.
    static func confirms(_ question: String) -> Bool {
        draw("\(question) [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
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
}
