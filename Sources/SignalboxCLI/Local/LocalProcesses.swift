import Glibc
import Wire

/// The processes of a local cloud as its state file names them, seen from outside.
struct LocalProcesses: Sendable {
    private static let look = Duration.milliseconds(100)

    let folder: String
    let clock: any Clock

    /// Ends functions whose `local up` was killed; each is known by its start time, so no other process is hit.
    func stopFunctions(withinSeconds seconds: Int) async throws {
        guard let state = try LocalState.read(folder: folder), !state.process.isAlive else { return }
        let left = state.functions.compactMap(\.process).filter(\.isAlive)
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
