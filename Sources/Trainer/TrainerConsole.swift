import Glibc
import SignalboxCore
import Training
import Wire

/// Where the trainer's lines go: for machines as JSON objects on standard output, for people on standard error.
struct TrainerConsole: Sendable {
    /// Whether machines read.
    let isJSON: Bool

    /// - Parameter json: what was asked for; nil: machines read, unless standard error is a terminal.
    init(json: Bool?) { isJSON = json ?? (isatty(STDERR_FILENO) == 0) }

    /// Writes a line of the run's log.
    func write(_ line: ConsoleLine) {
        if isJSON {
            FileIO.writeLine(line.json.serialized(), to: STDOUT_FILENO)
        } else {
            FileIO.writeLine(line.text, to: STDERR_FILENO)
        }
    }

    /// Writes how it all ended: to people in any case.
    func end(_ message: String, _ code: Int) {
        if isJSON {
            let json: JSON = [
                "severity": [TrainerExit.done, TrainerExit.preempted].contains(code) ? "INFO" : "ERROR",
                "message": .string(message),
                "time": .string(SystemClock().now().description),
                "exit_code": .integer(Int64(code)),
            ]
            FileIO.writeLine(json.serialized(), to: STDOUT_FILENO)
        }
        FileIO.writeLine("trainer: \(message)", to: STDERR_FILENO)
    }
}
