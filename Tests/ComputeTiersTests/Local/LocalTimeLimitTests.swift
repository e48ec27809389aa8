import Glibc
import SignalboxCore
import Testing
import Wire

@testable import ComputeTiers

/// A run ends at its time limit, whoever watches.
@Suite struct LocalTimeLimitTests {
    private let bench: LocalBench

    init() throws { bench = try LocalBench() }

    @Test func aTrainerIsAskedFirst() async throws {
        let tier = try bench.tier(script: #"trap 'exit 5' TERM; while :; do sleep 0.05; done"#)
        let handle = try await tier.launch(LocalBench.order(runSecondsMax: 3))
        let detail = "the trainer ended with exit status 5: the run had reached its time limit"
        // The shell that stands in for the trainer has logged the end of its sleep.
        let state = try await bench.end(of: handle, tier)
        #expect(state.isEnded && state.detail.hasPrefix(detail), "\(state)")
    }

    @Test func aCheckpointCountsAsPreemption() async throws {
        let tier = try bench.tier(script: #"trap 'exit 75' TERM; while :; do sleep 0.05; done"#)
        let handle = try await tier.launch(LocalBench.order(runSecondsMax: 3))
        #expect(try await bench.end(of: handle, tier) == .preempted)
    }

    @Test(.enabled(if: LocalBench.hasGroups, "needs bash for a process group of its own"))
    func oneThatHangsIsKilledWithAllThatItStarted() async throws {
        let script = "trap '' TERM; \(LocalBench.childInOwnGroup); while :; do sleep 0.05; done"
        var tier = try bench.tier(script: script)
        tier.graceSeconds = 1
        let handle = try await tier.launch(LocalBench.order(runSecondsMax: 3))
        let run = try bench.process(handle)
        try await bench.appears("runs/\(handle)/exit")
        let detail = "the trainer ended with exit status 137 (signal 9): the run had reached its time limit"
        #expect(try await tier.inspect(handle) == .ended(detail: detail))
        #expect(!run.isSessionAlive)
    }

    @Test func aSignalFromElsewhereStartsNoCountdown() async throws {
        var tier = try bench.tier(
            script:
                #"""
                trap ': > "$FOLDER/asked"' TERM
                : > "$FOLDER/up"
                while [ ! -e "$FOLDER/done" ]; do sleep 0.05; done
                """#
        )
        tier.graceSeconds = 1
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        kill(-(try bench.process(handle)).pid, SIGTERM)
        try await bench.appears("asked")
        // Longer than the time to checkpoint.
        try await Task.sleep(for: .seconds(2))
        #expect(try await tier.inspect(handle) == .running)
        try bench.write("", "done")
        #expect(try await bench.end(of: handle, tier).detail.hasPrefix("the trainer ended with exit status 0"))
    }
}
