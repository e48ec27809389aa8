import Synchronization
public import Wire

/// Hands a run's numbers to a tracker while it trains: what is measured waits in a bounded buffer, a task of its own
/// sends it. A tracker that fails is tried again, ever more rarely; people are told once, whatever goes wrong.
public final class TrackerFeed: Sendable {
    /// Numbers that wait; beyond these the oldest are lost.
    public static let pointsMax = 50_000
    /// Numbers of one call: what MLflow takes at once.
    public static let batchPointsMax = 1_000
    /// From one look at what waits to the next.
    public static let flushSeconds = 5
    /// The longest pause after failures.
    public static let retrySecondsMax = 300
    /// What the end of a run waits for a tracker.
    public static let endSecondsMax = 10
    /// What it waits for one that did not answer last time.
    public static let endSecondsMaxAway = 2

    private struct State {
        var points: [MetricPoint] = []
        var run: TrackedRun?
        var handle: String?
        var hasWarned = false
        /// Whether the last call failed.
        var isAway = false
        var worker: Task<Void, Never>?
    }

    private let tracker: any Tracker
    private let clock: any Clock
    private let warn: @Sendable (String) async -> Void
    private let state = Mutex(State())

    /// - Parameter warn: is called once at most.
    public init(_ tracker: any Tracker, clock: any Clock, warn: @escaping @Sendable (String) async -> Void) {
        self.tracker = tracker
        self.clock = clock
        self.warn = warn
    }

    /// Begins to send. Returns at once.
    public func begin(_ run: TrackedRun) {
        state.withLock { state in
            guard state.worker == nil else { return }
            state.run = run
            state.worker = Task { await work() }
        }
    }

    /// Takes numbers over. Returns at once.
    public func add(_ points: [MetricPoint]) {
        let isOverrun = state.withLock { state in
            state.points += points
            return Self.cut(&state.points)
        }
        guard isOverrun else { return }
        let message = "it takes less than is measured; beyond \(Self.pointsMax) numbers the oldest are lost to it"
        Task { await warnOnce(TrackerError(.overrun, message)) }
    }

    /// Sends what waits and says how the run ended, within ``endSecondsMax`` and until it is cancelled; nil: another
    /// attempt will say so.
    public func end(as status: RunStatus?) async {
        guard let worker = state.withLock({ $0.worker }) else { return }
        worker.cancel()
        await worker.value
        await finishInTime(as: status)
    }

    /// Says of a run that was never begun how it ended, within ``endSecondsMax``.
    public func tell(_ run: TrackedRun, endedAs status: RunStatus) async {
        state.withLock { $0.run = run }
        await finishInTime(as: status)
    }

    private func finishInTime(as status: RunStatus?) async {
        let last = Task { await finish(as: status) }
        let seconds = state.withLock { $0.isAway } ? Self.endSecondsMaxAway : Self.endSecondsMax
        let limit = Task { [clock] in
            try await clock.sleep(for: .seconds(seconds))
            last.cancel()
        }
        await withTaskCancellationHandler {
            await last.value
        } onCancel: {
            last.cancel()
        }
        limit.cancel()
    }

    private func work() async {
        var pause = Self.flushSeconds
        while !Task.isCancelled {
            do throws(TrackerError) {
                try await send()
                state.withLock { $0.isAway = false }
                pause = Self.flushSeconds
            } catch {
                // One that is stopped for the end has not failed.
                guard !Task.isCancelled else { return }
                state.withLock { $0.isAway = true }
                await warnOnce(error)
                pause = min(pause * 2, Self.retrySecondsMax)
            }
            do { try await clock.sleep(for: .seconds(pause)) } catch { return }
        }
    }

    private func finish(as status: RunStatus?) async {
        do throws(TrackerError) {
            try await send()
            guard let status else { return }
            try await tracker.close(handle(), as: status, at: clock.now())
        } catch {
            await warnOnce(error)
        }
    }

    private func send() async throws(TrackerError) {
        let handle = try await handle()
        while let batch = takeBatch() {
            do throws(TrackerError) {
                try await tracker.log(batch, to: handle)
            } catch {
                guard error.isLasting else {
                    giveBack(batch)
                    throw error
                }
                // The rest may be taken: one bad name does not hold up a whole run.
                await warnOnce(error)
            }
        }
    }

    private func handle() async throws(TrackerError) -> String {
        let (known, run) = state.withLock { ($0.handle, $0.run) }
        if let known { return known }
        guard let run else { throw TrackerError(.unsupported, "no run was begun") }
        let handle = try await tracker.open(run)
        state.withLock { $0.handle = handle }
        return handle
    }

    private func takeBatch() -> [MetricPoint]? {
        state.withLock { state in
            guard !state.points.isEmpty else { return nil }
            let batch = Array(state.points.prefix(Self.batchPointsMax))
            state.points.removeFirst(batch.count)
            return batch
        }
    }

    private func giveBack(_ batch: [MetricPoint]) {
        state.withLock { state in
            state.points = batch + state.points
            _ = Self.cut(&state.points)
        }
    }

    private static func cut(_ points: inout [MetricPoint]) -> Bool {
        guard points.count > pointsMax else { return false }
        // Some more than has to be, so that it is not done for every number.
        points.removeFirst(min(points.count - pointsMax + batchPointsMax, points.count))
        return true
    }

    private func warnOnce(_ error: TrackerError) async {
        let isFirst = state.withLock { state in
            defer { state.hasWarned = true }
            return !state.hasWarned
        }
        if isFirst { await warn("\(tracker.name) does not follow this run for now: \(error); training goes on") }
    }
}
