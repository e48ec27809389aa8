import ComputeTiers
import SignalboxCore
import Wire

/// The trainers of the local tier, which belong to no process of ours.
struct LocalRuns: Sendable {
    private static let look = Duration.milliseconds(200)

    private let tier: LocalTier
    private let clock: any Clock

    /// The runs of a local cloud.
    init(layout: LocalLayout, clock: any Clock) {
        self.init(folder: layout.runs, trainer: layout.program("trainer"), clock: clock)
    }

    /// The runs in a folder.
    init(folder: String, trainer: String, clock: any Clock) {
        self.clock = clock
        tier = LocalTier(runsFolder: folder, trainer: trainer, environment: [:], clock: clock)
    }

    /// The names of the runs that go on.
    func alive() async -> [String] {
        ((try? await tier.runs()) ?? []).filter(\.state.isAlive).map(\.name)
    }

    /// Asks all of them to checkpoint and end, and waits for it.
    ///
    /// - Returns: those that go on all the same.
    func stop(withinSeconds seconds: Int) async -> [String] {
        let end = clock.now() + .seconds(seconds)
        var left = await alive()
        for name in left { try? await tier.cancel(name) }
        while !left.isEmpty, clock.now() < end {
            try? await clock.sleep(for: Self.look)
            left = await alive()
        }
        return left
    }
}
