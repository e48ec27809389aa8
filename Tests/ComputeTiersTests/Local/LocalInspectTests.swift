import Glibc
import SignalboxCore
import Testing
import Wire

@testable import ComputeTiers

/// What is told of runs that ended, however they did.
@Suite struct LocalInspectTests {
    private let bench: LocalBench

    init() throws { bench = try LocalBench() }

    @Test func anEndIsToldWithTheLogsLastLines() async throws {
        let tier = try bench.tier(script: #"seq 1 30; printf 'bad \377 byte\n' >&2; exit 9"#)
        let handle = try await tier.launch(LocalBench.order())
        let detail = try await bench.end(of: handle, tier).detail
        let lines = (12...30).map(String.init) + ["bad \u{FFFD} byte"]
        #expect(
            detail
                == "the trainer ended with exit status 9; the last lines of its log:\n\(lines.joined(separator: "\n"))"
        )
    }

    @Test func aTrainerThatIsKilledAloneEndsWithItsSignal() async throws {
        let tier = try bench.tier(script: "kill -KILL $$")
        let handle = try await tier.launch(LocalBench.order())
        let detail = try await bench.end(of: handle, tier).detail
        #expect(detail.contains("exit status 137 (signal 9)"))
    }

    @Test func aKilledSessionIsNoticed() async throws {
        let tier = try bench.tier(script: #": > "$FOLDER/up"; exec sleep 60"#)
        let handle = try await tier.launch(LocalBench.order())
        try await bench.appears("up")
        kill(-(try bench.process(handle)).pid, SIGKILL)
        let vanished = "the trainer's process vanished without an exit status: it was killed with its shell"
        #expect(try await bench.end(of: handle, tier) == .ended(detail: vanished))
    }

    @Test(.enabled(if: LocalBench.hasGroups, "needs bash for a process group of its own"))
    func whatATrainerLeavesBehindEndsWithIt() async throws {
        let tier = try bench.tier(
            script: #"sleep 60 & echo "$!" > "$FOLDER/left"; \#(LocalBench.childInOwnGroup); exit 0"#
        )
        let handle = try await tier.launch(LocalBench.order())
        #expect(try await bench.end(of: handle, tier) == .ended(detail: "the trainer ended with exit status 0"))
        let left = try #require(Int32(try bench.text("left").filter { !$0.isWhitespace }))
        let child = try #require(Int32(try bench.text("child").filter { !$0.isWhitespace }))
        #expect(ProcessIdentity(pid: left) == nil)
        #expect(ProcessIdentity(pid: child) == nil)
        let run = try bench.process(handle)
        try await bench.becomes("the session ends") { !run.isSessionAlive }
    }

    @Test func aRestartOfTheMachineIsNoticed() async throws {
        let tier = try bench.tier()
        let handle = try await tier.launch(LocalBench.order())
        #expect(try await bench.end(of: handle, tier).isEnded)
        unlink("\(bench.runs)/\(handle)/exit")
        try bench.write("\(getpid()) 1 another-boot\n", "runs/\(handle)/process")
        #expect(try await tier.inspect(handle) == .lost(detail: "the machine was restarted"))
        try await tier.cancel(handle)
    }

    @Test func aLaunchThatWasCutOffIsLostForGood() async throws {
        try bench.holdBetweenClaimAndRecord()
        let tier = try bench.tier(script: #": > "$FOLDER/up""#)
        async let launched = tier.launch(LocalBench.order())
        try await bench.appears("held")
        let handle = LocalBench.order().name
        #expect(try await tier.inspect(handle) == .starting)
        let lost = RunState.lost(detail: "its launch was cut off before the trainer started")
        #expect(try await bench.tier(later: .seconds(LocalTier.claimSeconds)).inspect(handle) == lost)
        #expect(try await tier.inspect(handle) == lost)
        // The shell was only slow.
        try bench.write("", "go")
        _ = try await launched
        try await bench.appears("runs/\(handle)/exit")
        #expect(!bench.has("up"))
    }

    @Test func anUnreadableRecordIsNoEvidence() async throws {
        let tier = try bench.tier()
        let handle = try await tier.launch(LocalBench.order())
        #expect(try await bench.end(of: handle, tier).isEnded)
        unlink("\(bench.runs)/\(handle)/exit")
        try FileIO.makeFolder("\(bench.runs)/\(handle)/exit")
        let code = await LocalBench.refusal { () throws(TierError) in _ = try await tier.inspect(handle) }
        #expect(code == .unreachable)
    }
}
