import Glibc
public import SignalboxCore
import Wire

extension LocalTier {
    /// Looks after a kill, and the wait between two: a process that writes to a disk ends when that is done.
    static let killLooksMax = 100
    static let killLook = Duration.milliseconds(50)

    /// Asks the run to end (SIGTERM), on which a trainer checkpoints; kills it (SIGKILL) where it was asked
    /// ``graceSeconds``, seconds, ago or earlier. One that has not started never will. The folder of one that has been
    /// over for ``keptSeconds``, seconds, is removed.
    public func cancel(_ handle: String) async throws(TierError) {
        guard let folder = RunFolder(run: handle, under: runsFolder), folder.changedAt != nil else { return }
        // Before any mark changes it.
        let isOld = isOld(folder)
        if try folder.exit == nil {
            // Who starts the trainer writes its process, then looks for the mark: one of the two is seen.
            try folder.mark(.cancelled)
            if let process = try folder.process, process.isSessionAlive { return try await end(process, folder) }
        }
        guard isOld, !(try await inspect(handle)).isAlive else { return }
        try folder.remove()
    }

    private func end(_ process: ProcessIdentity, _ folder: RunFolder) async throws(TierError) {
        guard let asked = try folder.askedAt, clock.now() - asked >= .seconds(graceSeconds) else {
            guard process.signalGroup(SIGTERM) || !process.isSessionAlive else {
                throw TierError(
                    .permissionDenied,
                    "process \(process.pid) is another user's: cancel the run as that user"
                )
            }
            // Only now: one who is killed in between has not asked.
            return try folder.noteAsked(at: clock.now())
        }
        for _ in 0..<Self.killLooksMax {
            process.killSession()
            if !process.isSessionAlive {
                try Self.checkProcessTable()
                return try folder.note(RunExit(status: 128 + SIGKILL, cause: .killed))
            }
            try? await clock.sleep(for: Self.killLook)
        }
    }
}
