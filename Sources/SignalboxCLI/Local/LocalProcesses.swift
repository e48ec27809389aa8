import Glibc
import Wire

/// The processes of a local cloud as its state file names them, seen from outside.
struct LocalProcesses: Sendable {
    private static let look = Duration.milliseconds(100)

    let folder: String
    /// The folder of the local cloud's runs: what its functions, and no others, are started with.
    let runs: String
    let clock: any Clock

    /// Ends functions whose `local up` was killed, also one that it had no time to write down; each is known by its
    /// start time, so no other process is hit. Not to be called while a local cloud runs in the folder.
    func stopFunctions(withinSeconds seconds: Int) async {
        // A trainer inherits its function's variables, but for the port.
        let left = ProcessIdentity.started { $0["SIGNALBOX_LOCAL_RUNS"] == runs && $0["PORT"] != nil }.filter(\.isAlive)
        for process in left { process.signal(SIGTERM) }
        if await !haveEnded(left, withinSeconds: seconds) {
            for process in left { process.signal(SIGKILL) }
        }
        LocalState.remove(folder: folder)
    }

    /// Whether all of these have ended before the time is up.
    func haveEnded(_ processes: [ProcessIdentity], withinSeconds seconds: Int) async -> Bool {
        let end = clock.now() + .seconds(seconds)
        while processes.contains(where: \.isAlive) {
            guard clock.now() < end else { return false }
            do { try await clock.sleep(for: Self.look) } catch { return false }
        }
        return true
    }
}
