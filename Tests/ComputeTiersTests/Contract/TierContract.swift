import SignalboxCore
import Testing

/// What every ``ComputeTier`` must do, whatever is behind it.
struct TierContract {
    /// The tier.
    let tier: any ComputeTier
    /// Where it launches.
    let place: Place
    /// Makes a run's end come, where the tier itself does not end what is cancelled.
    var settle: @Sendable (_ handle: String) async throws -> Void = { _ in }

    private static let jobID = "job-0123456789abcdef0123456789abcdef"
    private static let looksMax = 600
    private static let look = Duration.milliseconds(100)

    private func order(_ attempt: Int) -> RunOrder {
        RunOrder(
            jobID: Self.jobID,
            attempt: attempt,
            robotID: "robot-1",
            spec: ObjectName(bucket: "training", name: "jobs/\(Self.jobID)/attempt-\(attempt)/spec.json"),
            place: place,
            runSecondsMax: 3600
        )
    }

    /// Lives through two runs. The trainer behind the tier must go on until it is stopped.
    func check() async throws {
        let first = order(1)
        #expect(try await tier.find(first.name, at: place) == nil)
        let handle = try await tier.launch(first)
        #expect(try await tier.launch(first) == handle, "a launch is harmless to repeat")
        #expect(try await tier.find(first.name, at: place) == handle)
        #expect(try await tier.find(order(2).name, at: place) == nil)
        #expect(try await tier.inspect(handle).isAlive)
        let listed = try await tier.runs()
        #expect(listed.map(\.name) == [first.name] && listed.map(\.handle) == [handle])

        let second = try await tier.launch(order(2))
        #expect(second != handle)
        try await stop(second)
        #expect(try await tier.inspect(handle).isAlive, "another attempt's run is left alone")

        try await stop(handle)
        try await tier.cancel(handle)
        let left = try await tier.runs()
        #expect(left.allSatisfy { !$0.state.isAlive })
        #expect(
            tier.price(of: place, in: PriceTable(date: "2026-01-01", source: "", entries: [])).map { $0 >= 0 } ?? true
        )
    }

    /// Cancels until the run is not alive, as the lifecycle does.
    private func stop(_ handle: String) async throws {
        for _ in 0..<Self.looksMax {
            try await tier.cancel(handle)
            try await settle(handle)
            guard try await tier.inspect(handle).isAlive else { return }
            try await Task.sleep(for: Self.look)
        }
        Issue.record("\(handle) is still alive")
    }
}
