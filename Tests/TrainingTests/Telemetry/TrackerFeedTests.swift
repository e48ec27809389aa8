import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("A tracker's feed") struct TrackerFeedTests {
    private let clock = ManualClock()
    private let warnings = Warnings()

    private func feed(_ tracker: ScriptedTracker) -> TrackerFeed {
        let warnings = warnings
        let feed = TrackerFeed(tracker, clock: clock) { await warnings.add($0) }
        feed.begin(TrackedRun(jobID: "job-1", attempt: 1, startedAt: clock.now()))
        return feed
    }

    private func points(_ count: Int, name: String = "loss/train") -> [MetricPoint] {
        (0..<count).map { MetricPoint(name: name, value: Double($0), step: $0, time: clock.now()) }
    }

    /// Lets the clock go on until something holds.
    private func tick(until holds: () async -> Bool) async throws {
        for _ in 0..<60_000 {
            if await holds() { return }
            clock.advance(by: .seconds(1))
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("it never came to be")
    }

    @Test("sends everything in order, in batches that the tracker takes")
    func batches() async throws {
        let tracker = ScriptedTracker()
        let feed = feed(tracker)
        let points = points(2_500)
        feed.add(points)
        await feed.end(as: .completed)
        #expect(await tracker.points == points)
        #expect(await tracker.batches.map(\.count) == [1_000, 1_000, 500])
        #expect(await tracker.ending == .completed)
        #expect(await tracker.runs.map(\.jobID) == ["job-1"])
        #expect(await warnings.all.isEmpty)
    }

    @Test("sends while the run goes on")
    func meanwhile() async throws {
        let tracker = ScriptedTracker()
        let feed = feed(tracker)
        feed.add(points(3))
        try await tick { await tracker.points.count == 3 }
        feed.add(points(2))
        try await tick { await tracker.points.count == 5 }
        await feed.end(as: nil)
        #expect(await tracker.ending == nil)
    }

    @Test("warns once while its tracker is away, asks ever more rarely, and loses nothing once it is back")
    func outage() async throws {
        let tracker = ScriptedTracker(failure: TrackerError(.unreachable, "nobody listens"))
        let feed = feed(tracker)
        feed.add(points(10))
        let begun = clock.now()
        try await tick { clock.now() - begun > .seconds(3_000) }
        let calls = await tracker.calls
        #expect(calls > 3 && calls < 30, "\(calls)")
        #expect(await warnings.all.count == 1)
        await tracker.recover()
        try await tick { await tracker.points.count == 10 }
        await feed.end(as: .completed)
        #expect(await tracker.ending == .completed)
        #expect(await warnings.all.count == 1)
        let said = await warnings.all.first ?? ""
        #expect(said.contains("a test's tracker") && said.contains("tracker_unreachable"), "\(said)")
    }

    @Test("holds no more than its buffer, and says once what is lost")
    func overrun() async throws {
        let tracker = ScriptedTracker(isHanging: true)
        let feed = feed(tracker)
        for _ in 0..<4 { feed.add(points(TrackerFeed.pointsMax)) }
        try await tick { await warnings.all.count == 1 }
        #expect(await warnings.all[0].contains("tracker_overrun"))
        let ending = Task { await feed.end(as: .completed) }
        try await tick { await tracker.calls >= 2 }
        clock.advance(by: .seconds(TrackerFeed.endSecondsMax))
        await ending.value
        #expect(await warnings.all.count == 1)
    }

    @Test("ends within its time where the tracker hangs")
    func hangingEnd() async throws {
        let tracker = ScriptedTracker(isHanging: true)
        let feed = feed(tracker)
        feed.add(points(1))
        try await tick { await tracker.calls == 1 }
        let begun = clock.now()
        let ticking = Task {
            while !Task.isCancelled {
                clock.advance(by: .milliseconds(100))
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        await feed.end(as: .completed)
        ticking.cancel()
        #expect(clock.now() - begun < .seconds(100))
        #expect(await warnings.all.count == 1)
    }

    @Test("ends at once where it is cancelled")
    func cancelledEnd() async throws {
        let tracker = ScriptedTracker(isHanging: true)
        let feed = feed(tracker)
        feed.add(points(1))
        let ending = Task { await feed.end(as: .completed) }
        // The worker's call, if it came so far, and the last one.
        try await tick { await tracker.calls >= 1 && clock.sleeperCount > 0 }
        let cancelledAt = clock.now()
        let ticking = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(1))
                clock.advance(by: .milliseconds(1))
            }
        }
        ending.cancel()
        await ending.value
        ticking.cancel()
        #expect(clock.now() - cancelledAt < .seconds(TrackerFeed.endSecondsMax / 2))
        #expect(await tracker.ending == nil)
    }

    @Test("leaves out what its tracker refuses for good, and goes on")
    func refused() async throws {
        let tracker = ScriptedTracker(refusing: "bad")
        let feed = feed(tracker)
        feed.add(points(TrackerFeed.batchPointsMax, name: "bad") + points(5))
        await feed.end(as: .completed)
        #expect(await tracker.points.map(\.name) == Array(repeating: "loss/train", count: 5))
        #expect(await tracker.ending == .completed)
        #expect(await warnings.all.count == 1)
    }

    @Test("tells of a run that never began, within its time")
    func unbegun() async throws {
        let warnings = warnings
        let run = TrackedRun(jobID: "job-1", attempt: 1, startedAt: clock.now())
        let tracker = ScriptedTracker()
        await TrackerFeed(tracker, clock: clock) { await warnings.add($0) }.tell(run, endedAs: .failed)
        #expect(await tracker.runs == [run])
        #expect(await tracker.ending == .failed)
        let hanging = ScriptedTracker(isHanging: true)
        let telling = Task {
            await TrackerFeed(hanging, clock: clock) { await warnings.add($0) }.tell(run, endedAs: .failed)
        }
        try await tick { await warnings.all.count == 1 }
        await telling.value
        #expect(await hanging.ending == nil)
    }

    @Test("has nothing to end before it has begun")
    func neverBegun() async {
        let tracker = ScriptedTracker()
        let warnings = warnings
        await TrackerFeed(tracker, clock: clock) { await warnings.add($0) }.end(as: .failed)
        #expect(await tracker.calls == 0)
    }
}
