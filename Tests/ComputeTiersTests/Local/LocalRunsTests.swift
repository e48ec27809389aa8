import Glibc
import SignalboxCore
import Testing
import Wire

@testable import ComputeTiers

/// What is listed, and how long the folders of runs stay.
@Suite struct LocalRunsTests {
    private static let kept = Duration.seconds(LocalTier.keptSeconds)
    private let bench: LocalBench

    init() throws { bench = try LocalBench() }

    @Test func withoutAFolderThereAreNone() async throws {
        let tier = try bench.tier()
        #expect(try await tier.runs().isEmpty)
        try bench.write("no folder", "runs")
        let code = await LocalBench.refusal { () throws(TierError) in _ = try await tier.runs() }
        #expect(code == .unreachable)
    }

    @Test func liveRunsAreListedAndOldFoldersGo() async throws {
        let tier = try bench.tier()
        let over = try await tier.launch(LocalBench.order())
        let ended = try await bench.end(of: over, tier)
        let sleeper = try bench.tier(script: "sleep 60")
        let alive = try await sleeper.launch(LocalBench.order(2))
        // Not ours.
        try FileIO.makeFolder(bench.runs + "/notes")
        let running = TierRun(name: alive, handle: alive, state: .running)
        #expect(try await tier.runs() == [running])

        try await tier.cancel(over)
        #expect(bench.has("runs/\(over)/exit"))
        let later = bench.tier(later: Self.kept + .seconds(60))
        #expect(try await later.runs() == [TierRun(name: over, handle: over, state: ended), running])
        try await later.cancel(over)
        #expect(try FileIO.names(in: bench.runs) == ["notes", alive])
        #expect(try await later.inspect(over) == .gone)
        #expect(try await later.runs() == [running])
        try await later.cancel(over)
    }

    @Test func oneThatCannotBeReadHidesNoOther() async throws {
        let tier = try bench.tier(script: "sleep 60")
        let alive = try await tier.launch(LocalBench.order(2))
        let broken = LocalBench.order().name
        try FileIO.makeFolder("\(bench.runs)/\(broken)/exit")
        #expect(
            try await tier.runs() == [
                TierRun(name: broken, handle: broken, state: .running),
                TierRun(name: alive, handle: alive, state: .running),
            ]
        )
    }

    @Test func whatALauncherLeftGoesToo() async throws {
        let order = LocalBench.order()
        let folder = try #require(RunFolder(run: order.name, under: bench.runs))
        try folder.take(spec: order.spec)
        try FileIO.makeFolder(bench.runs + "/.removed-signalbox-job-0-a1.1.2/claim")
        #expect(try await bench.tier().runs().isEmpty)
        let later = bench.tier(later: Self.kept + .seconds(60))
        #expect(try await later.runs() == [TierRun(name: order.name, handle: order.name, state: .gone)])
        try await later.cancel(order.name)
        #expect(try FileIO.names(in: bench.runs).isEmpty)
    }
}
