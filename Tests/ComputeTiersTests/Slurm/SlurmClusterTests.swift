import ComputeTiers
import Foundation
import SignalboxCore
import Testing

/// The tier on a Slurm cluster of one node.
@Suite(.serialized, .slurmCluster, .enabled(if: SlurmCluster.canStart, SlurmCluster.whyNot))
struct SlurmClusterTests {
    private static func isEnded(_ state: RunState) -> Bool {
        guard case .ended = state else { return false }
        return true
    }

    @Test func aRunIsSeenThroughItsLife() async throws {
        let script = """
            echo "$@"
            env | grep -E '^(SIGNALBOX_|PATH=|HOME=)' | sort
            pwd
            while [ ! -e "$folder/go" ]; do sleep 0.1; done
            """
        let bench = try SlurmBench(script: script)
        let tier = try bench.tier()
        let order = try bench.order()
        #expect(try await tier.find(order.name, at: order.place) == nil)
        let handle = try await tier.launch(order)
        #expect(handle.hasSuffix("/" + order.name))
        #expect(try await tier.find(order.name, at: order.place) == handle)
        try await bench.eventually(tier, handle) { $0 == .running }
        #expect(try await tier.runs() == [TierRun(name: order.name, handle: handle, state: .running)])
        try Data().write(to: URL(filePath: bench.folder + "/go"))
        let state = try await bench.eventually(tier, handle) { !$0.isAlive }
        let lines = """
            --spec \(order.spec.uri)
            PATH=/usr/local/bin:/usr/bin:/bin
            SIGNALBOX_TRAINING_BUCKET=training
            \(bench.cluster.work)
            """
        let id = handle.prefix { $0 != "/" }
        let expected = "Slurm job \(id): COMPLETED, exit status 0; the last lines of its log:\n\(lines)"
        #expect(state == .ended(detail: expected))
        #expect(try await tier.runs().isEmpty)
        #expect(try await tier.find(order.name, at: order.place) == handle)
    }

    @Test func keepsTheContractOfTiers() async throws {
        let bench = try SlurmBench(script: "exec sleep 600")
        let tier = try bench.tier()
        try await TierContract(tier: tier, place: Place(tier: tier.name, machine: "cpu:1")).check()
    }

    @Test func launchingTwiceRunsOnce() async throws {
        let bench = try SlurmBench(script: "echo run; sleep 1")
        let tier = try bench.tier()
        let order = try bench.order()
        async let first = tier.launch(order)
        async let second = tier.launch(order)
        let handles = try await [first, second, tier.launch(order)]
        #expect(Set(handles).count == 1)
        try await bench.eventually(tier, handles[0]) { !$0.isAlive }
        #expect(try await tier.runs().isEmpty)
        #expect(bench.log(order) == "run\n")
    }

    @Test func aFailureTellsTheEndOfItsLog() async throws {
        let bench = try SlurmBench(script: "seq 1 30; echo no such dataset >&2; exit 3")
        let tier = try bench.tier()
        let handle = try await tier.launch(try bench.order())
        let state = try await bench.eventually(tier, handle) { !$0.isAlive }
        guard case .ended(let detail) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(detail.contains("FAILED (NonZeroExitCode), exit status 3"))
        #expect(detail.hasSuffix("\n30\nno such dataset") && !detail.contains("\n11\n"))
    }

    @Test func aTrainerThatIsMissingIsAFailure() async throws {
        let bench = try SlurmBench()
        let tier = try bench.tier(["SIGNALBOX_SLURM_TRAINER": "/nowhere/trainer"])
        let handle = try await tier.launch(try bench.order())
        let state = try await bench.eventually(tier, handle) { !$0.isAlive }
        guard case .ended(let detail) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(detail.contains("exit status 127") && detail.contains("/nowhere/trainer"))
    }

    @Test func aCancelledRunCheckpoints() async throws {
        let bench = try SlurmBench(script: SlurmBench.obedient)
        let tier = try bench.tier()
        let order = try bench.order()
        let handle = try await tier.launch(order)
        try await bench.logged("up", order)
        try await tier.cancel(handle)
        try await tier.cancel(handle)
        #expect(try await bench.eventually(tier, handle) { !$0.isAlive } == .preempted)
        #expect(bench.log(order).contains("checkpointed\n"))
        try await tier.cancel(handle)
        #expect(try await tier.runs().isEmpty)
    }

    @Test func aTrainerThatDoesNotStopIsKilled() async throws {
        let bench = try SlurmBench(script: "trap '' TERM; echo up; while :; do sleep 0.1; done")
        let tier = try bench.tier()
        let order = try bench.order()
        let handle = try await tier.launch(order)
        try await bench.logged("up", order)
        try await tier.cancel(handle)
        #expect(try await tier.inspect(handle) == .running)
        let state = try await bench.eventually(tier, handle) { !$0.isAlive }
        #expect(Self.isEnded(state))
        #expect("\(state)".contains("CANCELLED, signal 9"))
    }

    @Test func aWaitingRunIsCancelledBeforeItStarts() async throws {
        let bench = try SlurmBench(script: "echo up")
        let tier = try bench.tier()
        let priority = try await bench.cluster.occupy()
        let order = try bench.order(place: "slurm/-/gpu:1/spot")
        let handle = try await tier.launch(order)
        #expect(try await tier.inspect(handle) == .starting)
        try await tier.cancel(handle)
        let state = try await bench.eventually(tier, handle) { !$0.isAlive }
        #expect(Self.isEnded(state) && "\(state)".contains("CANCELLED"))
        try await bench.cluster.release(priority)
        #expect(bench.log(order) == "")
    }

    @Test func aRunAtItsTimeLimitCheckpoints() async throws {
        let bench = try SlurmBench(script: SlurmBench.obedient)
        let tier = try bench.tier()
        let order = try bench.order(runSecondsMax: 30)
        let handle = try await tier.launch(order)
        #expect(try await bench.eventually(tier, handle) { !$0.isAlive } == .preempted)
        #expect(bench.log(order).contains("DUE TO TIME LIMIT"))
        let record = try await bench.cluster.command(
            "squeue",
            "--noheader",
            "--states=all",
            "--format=%l %T",
            "--jobs=\(handle.prefix { $0 != "/" })"
        )
        #expect(record == "1:00 TIMEOUT")
    }

    @Test func aPreemptedRunCheckpointsAndItsNextAttemptWaitsForItsTurn() async throws {
        let bench = try SlurmBench(script: SlurmBench.obedient)
        let tier = try bench.tier()
        let place = "slurm/-/gpu:1/spot"
        let first = try bench.order(1, place: place)
        let handle = try await tier.launch(first)
        try await bench.logged("up", first)
        let priority = try await bench.cluster.occupy()
        #expect(try await bench.eventually(tier, handle) { !$0.isAlive } == .preempted)
        #expect(bench.log(first).contains("DUE TO PREEMPTION"))
        #expect(bench.log(first).hasSuffix("checkpointed\n"))
        let second = try bench.order(2, place: place)
        let next = try await tier.launch(second)
        #expect(next != handle)
        // Slurm made no attempt of its own of the first, and none of the second yet.
        for _ in 0..<10 {
            #expect(try await tier.inspect(next) == .starting)
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(try await tier.runs() == [TierRun(name: second.name, handle: next, state: .starting)])
        try await bench.cluster.release(priority)
        try await bench.logged("up", second)
        #expect(try await tier.inspect(next) == .running)
        #expect(try await tier.inspect(handle) == .preempted)
        try await tier.cancel(next)
        #expect(try await bench.eventually(tier, next) { !$0.isAlive } == .preempted)
    }

    @Test func whatTheClusterDoesNotHaveIsRefused() async throws {
        let bench = try SlurmBench()
        let tier = try bench.tier()
        for place in ["slurm/nowhere", "slurm/-/gpu:2", "slurm/-/tpu:1"] {
            let order = try bench.order(place: place)
            let error = await #expect(throws: TierError.self) { try await tier.launch(order) }
            #expect(error?.code == .invalidOrder, "\(String(describing: error))")
        }
        let handle = try await tier.launch(try bench.order(2, place: "slurm/-/cpu:64"))
        let state = try await bench.eventually(tier, handle) { $0 != .starting }
        guard case .refused(let error) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(error.isRefusalForNow)
        #expect(try await tier.runs().map(\.handle) == [handle])
        try await tier.cancel(handle)
        #expect(try await tier.runs().isEmpty)
    }

    @Test func aRunThatNeverWasIsGone() async throws {
        let tier = try SlurmBench().tier()
        let handle = "4000000/" + RunOrder.name(jobID: SlurmSupport.jobID, attempt: 1)
        #expect(try await tier.inspect(handle) == .gone)
        try await tier.cancel(handle)
    }

    @Test func aTokenThatDoesNotHoldIsToldAndCanBeReplaced() async throws {
        let bench = try SlurmBench()
        let file = bench.folder + "/token"
        let tier = try bench.tier(["SIGNALBOX_SLURM_TOKEN_FILE": file])
        let order = try bench.order()
        let calls: [() async throws -> Void] = [
            { _ = try await tier.launch(order) }, { _ = try await tier.find(order.name, at: order.place) },
            { _ = try await tier.inspect("1/" + order.name) }, { try await tier.cancel("1/" + order.name) },
            { _ = try await tier.runs() },
        ]
        for call in calls {
            try Data("not.a.token".utf8).write(to: URL(filePath: file))
            let error = await #expect(throws: TierError.self) { try await call() }
            #expect(error?.code == .permissionDenied, "\(String(describing: error))")
        }
        try await bench.cluster.renewToken(seconds: 3600)
        try Data(contentsOf: URL(filePath: bench.cluster.tokenFile)).write(to: URL(filePath: file))
        #expect(try await tier.inspect("4000000/" + order.name) == .gone)
    }

    @Test func aServerOrControllerThatIsSilentIsUnreachable() async throws {
        let bench = try SlurmBench()
        let nobody = try bench.tier(["SIGNALBOX_SLURM_URL": "http://127.0.0.1:1"])
        let tier = try bench.tier()
        #expect(await #expect(throws: TierError.self) { try await nobody.runs() }?.code == .unreachable)
        try bench.cluster.pauseController()
        let error = await #expect(throws: TierError.self) { try await tier.runs() }
        try bench.cluster.resumeController()
        #expect(error?.code == .unreachable)
        #expect(try await tier.runs().isEmpty)
    }
}
