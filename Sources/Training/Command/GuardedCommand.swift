import Glibc
import Wire

/// A command that does not outlive this process, however this process ends.
///
/// A shell beside the command, in its process group, waits for the end of a pipe that this process alone holds open,
/// and then kills the group. (`PR_SET_PDEATHSIG` would do so when the thread that started it ends, which may be any
/// time.)
final class GuardedCommand: Sendable {
    let process: SpawnedProcess
    private let pipeEnd: Int32

    private static let script = """
        exec 3<&0
        { trap '' TERM INT HUP; read -r _ || true; kill -s KILL -- "-$$"; } <&3 >/dev/null 2>&1 &
        exec "$@" 3<&- </dev/null
        """

    /// Starts a command.
    ///
    /// - Throws: `command_failed`.
    init(_ arguments: [String], environment: [String: String]) throws(TrainingError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw TrainingError(.commandFailed, "no pipe could be made: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        do throws(FileIO.Failure) {
            process = try SpawnedProcess(
                ["/bin/sh", "-c", Self.script, "sh"] + arguments,
                environment: environment,
                input: ends[0],
                // Standard output is for the trainer's own lines, which machines read.
                output: STDERR_FILENO,
                endsGroup: true
            )
        } catch {
            close(ends[1])
            throw TrainingError(.commandFailed, "\(error)")
        }
        pipeEnd = ends[1]
    }

    deinit { close(pipeEnd) }
}
