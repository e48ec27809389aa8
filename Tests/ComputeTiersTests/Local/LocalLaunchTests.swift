import Glibc
import SignalboxCore
import Testing
import Wire

@testable import ComputeTiers

/// Launches with real processes: what is started, and what is not.
@Suite struct LocalLaunchTests {
    private let bench: LocalBench

    init() throws { bench = try LocalBench() }

    @Test func runsToItsEndInASessionOfItsOwn() async throws {
        let tier = try bench.tier(
            script: #"""
                echo "$@" port=${PORT:-none} > "$FOLDER/seen"
                cut -d " " -f 6 /proc/$$/stat > "$FOLDER/session"
                exit 3
                """#
        )
        let handle = try await tier.launch(LocalBench.order())
        #expect(handle == "signalbox-job-1-a1")
        #expect(try await bench.end(of: handle, tier) == .ended(detail: "the trainer ended with exit status 3"))
        #expect(try bench.text("seen") == "--spec gs://training/jobs/job-1/spec.json port=none\n")
        let session = Int32(try bench.text("session").filter { !$0.isWhitespace })
        #expect(session == (try bench.process(handle)).pid)
        #expect(session != getsid(0))
    }

    @Test func launchingTwiceRunsOnce() async throws {
        let tier = try bench.tier(script: #"echo run >> "$FOLDER/count"; sleep 0.3"#)
        async let first = tier.launch(LocalBench.order())
        async let second = tier.launch(LocalBench.order())
        let handles = try await [first, second, tier.launch(LocalBench.order())]
        #expect(Set(handles).count == 1)
        #expect(try await bench.end(of: handles[0], tier).isEnded)
        // Nor does a launch that comes when it is over.
        #expect(try await tier.launch(LocalBench.order()) == handles[0])
        #expect(try bench.text("count") == "run\n")
    }

    @Test func isFoundByNameOnlyWhenItWasLaunched() async throws {
        let tier = try bench.tier()
        let name = LocalBench.order().name
        let place = Place(tier: "local")
        #expect(try await tier.find(name, at: place) == nil)
        #expect(try await tier.inspect(name) == .gone)
        let handle = try await tier.launch(LocalBench.order())
        #expect(try await tier.find(name, at: place) == handle)
        #expect(try await tier.find(LocalBench.order(2).name, at: place) == nil)
    }

    @Test func aMissingTrainerIsRefusedByName() async throws {
        let tier = bench.tier(trainer: "/nowhere/trainer")
        let error = await #expect(throws: TierError.self) { try await tier.launch(LocalBench.order()) }
        #expect(error?.code == .invalidOrder)
        #expect(error?.message.contains("/nowhere/trainer") == true)
    }

    @Test(arguments: ["local/here", "local/-/fast", "local/-/-/spot", "slurm"])
    func onlyThisMachineAsItIsCanBeOrdered(_ text: String) async throws {
        let tier = try bench.tier()
        let place = try #require(Place(text))
        let code = await LocalBench.refusal { () throws(TierError) in
            _ = try await tier.launch(LocalBench.order(place: place))
        }
        #expect(code == .invalidOrder)
        #expect(!bench.has("runs"))
        #expect(tier.price(of: Place(tier: "local"), in: PriceTable(date: "", source: "", entries: [])) == 0)
    }

    @Test func aNameThatLeadsElsewhereIsNone() async throws {
        let tier = try bench.tier()
        try FileIO.makeFolder(bench.folder + "/outside-a1/claim")
        var order = LocalBench.order()
        order.name = "signalbox-/../../outside-a1"
        let code = await LocalBench.refusal { [order] () throws(TierError) in _ = try await tier.launch(order) }
        #expect(code == .invalidOrder)
        #expect(try await tier.find(order.name, at: order.place) == nil)
        #expect(try await tier.inspect(order.name) == .gone)
        try await tier.cancel(order.name)
        #expect(!bench.has("outside-a1/stop"))
    }

    @Test func aFolderOfAnotherSpecIsNotTakenForTheRun() async throws {
        let tier = try bench.tier(script: #"echo run >> "$FOLDER/count""#)
        let handle = try await tier.launch(LocalBench.order())
        #expect(try await bench.end(of: handle, tier).isEnded)
        let other = LocalBench.order(bucket: "other")
        let error = await #expect(throws: TierError.self) { try await tier.launch(other) }
        #expect(error?.code == .invalidOrder)
        #expect(error?.message.contains("remove the folder") == true)
        try FileIO.removeFolder("\(bench.runs)/\(handle)")
        #expect(try await tier.launch(other) == handle)
        #expect(try await bench.end(of: handle, tier).isEnded)
        #expect(try bench.text("count") == "run\nrun\n")
    }

    @Test func aClaimWithoutAnOrderIsNotTakenForTheRun() async throws {
        let tier = try bench.tier()
        try FileIO.makeFolder("\(bench.runs)/\(LocalBench.order().name)/claim")
        let code = await LocalBench.refusal { () throws(TierError) in _ = try await tier.launch(LocalBench.order()) }
        #expect(code == .invalidOrder)
    }

    @Test func aRunOutlivesALauncherThatIsKilledBetweenClaimAndRecord() async throws {
        try bench.holdBetweenClaimAndRecord()
        let tier = try bench.tier(script: #"echo run >> "$FOLDER/count"; exit 4"#)
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = bench.folder as String] in
            let tier = LocalTier(
                runsFolder: folder + "/runs",
                trainer: folder + "/bin/trainer",
                environment: ["PATH": folder + "/bin:/usr/bin:/bin", "FOLDER": folder],
                clock: SystemClock()
            )
            async let handle = tier.launch(LocalBench.order())
            while access(folder + "/held", F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
            kill(getpid(), SIGKILL)
            _ = try await handle
        }
        let name = LocalBench.order().name
        #expect(try await tier.find(name, at: Place(tier: "local")) == name)
        #expect(try await tier.inspect(name) == .starting)
        try bench.write("", "go")
        #expect(try await tier.launch(LocalBench.order()) == name)
        #expect(try await bench.end(of: name, tier) == .ended(detail: "the trainer ended with exit status 4"))
        #expect(try bench.text("count") == "run\n")
    }
}
