import Glibc
import SignalboxCore
import Testing
import Wire

@testable import ComputeTiers

/// Runs that are asked to end, and made to.
@Suite struct LocalCancelTests {
    private static let deaf = #"trap '' TERM; : > "$FOLDER/up"; while :; do sleep 0.05; done"#
    private let bench: LocalBench

    init() throws { bench = try LocalBench() }

    @Test func cancelLetsTheTrainerCheckpointAndReportsPreemption() async throws {
        let tier = try bench.tier(script: #"trap 'exit 75' TERM; : > "$FOLDER/up"; while :; do sleep 0.05; done"#)
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        #expect(try await tier.inspect(handle) == .running)
        try await tier.cancel(handle)
        #expect(try await bench.end(of: handle, tier) == .preempted)
        // One that is over or unknown is no error.
        try await tier.cancel(handle)
        try await tier.cancel(LocalBench.order(2).name)
        #expect(!bench.has("runs/\(LocalBench.order(2).name)"))
        #expect(try await tier.inspect(handle) == .preempted)
    }

    @Test func cancellingAgainWithinTheGraceAsksAgain() async throws {
        let script = #"trap 'echo asked >> "$FOLDER/count"' TERM; : > "$FOLDER/up"; while :; do sleep 0.05; done"#
        let tier = try bench.tier(script: script)
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        for count in 1...2 {
            try await tier.cancel(handle)
            try await bench.becomes("it was asked \(count) times") {
                (try? bench.text("count").split(separator: "\n").count) == count
            }
        }
        #expect(try await tier.inspect(handle) == .running)
    }

    @Test(.enabled(if: LocalBench.hasGroups, "needs bash for a process group of its own"))
    func cancellingAgainAfterTheGraceKillsWhateverGroupItIsIn() async throws {
        let tier = try bench.tier(script: "trap '' TERM; \(LocalBench.childInOwnGroup); \(Self.deaf)")
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        let run = try bench.process(handle)
        let childID = try #require(Int32(try bench.text("child").filter { !$0.isWhitespace }))
        let child = try #require(ProcessIdentity(pid: childID))
        try #require(getpgid(child.pid) != run.pid)
        try #require(getsid(child.pid) == run.pid)
        try await tier.cancel(handle)
        try await bench.tier(later: .seconds(LocalTier.graceSeconds - 1)).cancel(handle)
        #expect(try await tier.inspect(handle) == .running)
        try await bench.tier(later: .seconds(LocalTier.graceSeconds + 1)).cancel(handle)
        #expect(!run.isSessionAlive)
        #expect(!child.isAlive)
        let state = try await tier.inspect(handle)
        #expect(state.isEnded)
        #expect(state.detail.contains("exit status 137 (signal 9): the run was cancelled, and killed"))
    }

    @Test func aTrainerWhoseShellWasKilledIsAliveAndCanBeCancelled() async throws {
        let tier = try bench.tier(script: Self.deaf)
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        let run = try bench.process(handle)
        kill(run.pid, SIGKILL)
        try await bench.becomes("the shell is dead") { !run.isAlive }
        #expect(try await tier.inspect(handle) == .running)
        try await tier.cancel(handle)
        try await bench.tier(later: .seconds(LocalTier.graceSeconds + 1)).cancel(handle)
        #expect(try await tier.inspect(handle).detail.contains("exit status 137"))
    }

    @Test(.enabled(if: LocalBench.hasGroups, "needs bash for a process group of its own"))
    func whatIsLeftInAGroupOfItsOwnIsKilledOnceTheGraceIsOver() async throws {
        let tier = try bench.tier(script: "\(LocalBench.childInOwnGroup); \(Self.deaf)")
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        let run = try bench.process(handle)
        kill(-run.pid, SIGKILL)
        try await bench.becomes("the shell is dead") { !run.isAlive }
        // The dead count as a group until somebody collects them, which not every machine's init does.
        for _ in 0..<100 where kill(-run.pid, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await tier.inspect(handle) == .running)
        try await tier.cancel(handle)
        try await bench.tier(later: .seconds(LocalTier.graceSeconds + 1)).cancel(handle)
        #expect(!run.isSessionAlive)
        #expect(try await tier.inspect(handle).detail.contains("exit status 137"))
    }

    @Test func oneThatIsOnlyClaimedNeverStarts() async throws {
        try bench.holdBetweenClaimAndRecord()
        let tier = try bench.tier(script: #": > "$FOLDER/up""#)
        async let launched = tier.launch(LocalBench.order())
        try await bench.appears("held")
        let handle = LocalBench.order().name
        #expect(try await tier.inspect(handle) == .starting)
        try await tier.cancel(handle)
        let cancelled = RunState.ended(detail: "the run was cancelled before the trainer started")
        #expect(try await tier.inspect(handle) == cancelled)
        try bench.write("", "go")
        #expect(try await launched == handle)
        try await bench.appears("runs/\(handle)/exit")
        #expect(try await tier.inspect(handle) == cancelled)
        let run = try bench.process(handle)
        try await bench.becomes("its shell ends") { !run.isSessionAlive }
        #expect(!bench.has("up"))
    }

    @Test func oneThatIsNotEvenClaimedNeverStarts() async throws {
        let tier = try bench.tier(script: #": > "$FOLDER/up""#)
        let order = LocalBench.order()
        let folder = try #require(RunFolder(run: order.name, under: bench.runs))
        // Where a launcher was killed before it started the shell.
        try folder.take(spec: order.spec)
        try await tier.cancel(order.name)
        #expect(try await tier.launch(order) == order.name)
        try await bench.appears("runs/\(order.name)/exit")
        #expect(try await tier.inspect(order.name).detail == "the run was cancelled before the trainer started")
        #expect(!bench.has("up"))
    }

    @Test func oneThatIsAskedWhileItStartsEnds() async throws {
        let tier = try bench.tier(script: "sleep 60")
        for attempt in 1...20 {
            let order = LocalBench.order(attempt)
            async let launched = tier.launch(order)
            // At once, so that some come before there is a trainer.
            while !bench.has("runs/\(order.name)/process") { await Task.yield() }
            try await tier.cancel(order.name)
            let handle = try await launched
            #expect(try await bench.end(of: handle, tier).isEnded)
        }
    }
}
