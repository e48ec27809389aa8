import Glibc
import Wire

/// What a command started in sessions and groups of its own: it is known by the environment that it inherited.
extension CommandFolders {
    /// Looks for processes: what is killed may have started another one meanwhile.
    private static let looksMax = 10

    /// Kills the processes that were started for an output folder.
    ///
    /// - Parameter matches: is given what `SIGNALBOX_OUTPUT` was where a process started.
    /// - Returns: how many there were.
    @discardableResult
    static func killProcesses(startedFor matches: (_ output: String) -> Bool) -> Int {
        var killed: Set<Int32> = []
        for _ in 0..<looksMax {
            let left = ProcessIdentity.started { $0["SIGNALBOX_OUTPUT"].map(matches) == true }
            if left.isEmpty { break }
            for process in left {
                process.signal(SIGKILL)
                killed.insert(process.pid)
            }
        }
        return killed.count
    }
}
