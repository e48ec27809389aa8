import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("The watch of a command") struct CommandWatchTests {
    /// A command of a launched job, and what watches it.
    private struct Rig {
        let world: TrainerWorld
        let folders: CommandFolders
        let run: JobRun
        let observer: JobObserver
        let keeper: CheckpointKeeper
        let stop = StopSignal()

        init(under work: TemporaryFolder) async throws {
            world = try await TrainerWorld(JobConfig(modelType: JobConfig.commandType, arguments: []))
            folders = try CommandFolders(under: work.path, name: "command")
            let (surroundings, spec) = (world.surroundings(), JobSpec(job: try await world.job()))
            let lease = HeldLease(seconds: 1_000_000, clock: world.clock)
            lease.renew(from: world.clock.now())
            observer = JobObserver(spec: spec, surroundings: surroundings, lease: lease, stop: stop)
            run = JobRun(spec: spec, surroundings: surroundings) { _ in throw TrainingError(.pluginMissing, "none") }
            keeper = run.keeper(for: observer)
            try await observer.begin(totalSteps: 5, after: 0)
        }

        func watch(
            _ command: GuardedCommand,
            clock: any Clock = SystemClock(),
            seconds: @escaping @Sendable () -> Double = { 0 }
        ) -> CommandWatch {
            CommandWatch(
                process: command.process,
                folders: folders,
                fingerprint: "one",
                totalSteps: 5,
                graceSeconds: 30,
                clock: clock,
                observer: observer,
                keeper: keeper,
                stop: stop,
                firstStep: nil,
                metrics: CommandMetrics(path: folders.metrics),
                seconds: seconds
            )
        }
    }

    private static func command(_ script: String) throws -> GuardedCommand {
        try GuardedCommand(["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"])
    }

    /// Makes a checkpoint, waits until that is packed, and makes four more.
    private static func script(_ folders: CommandFolders) -> String {
        """
        cd '\(folders.checkpoints)'
        for step in 1 2 3 4 5; do
            echo "{\\"step\\": $step, \\"validation_loss\\": 0.$step}" >>'\(folders.metrics)'
            mkdir .draft
            echo "$step" >.draft/step
            mv .draft "step-$step"
            until [ -e '\(folders.archive)' ]; do sleep 0.01; done
        done
        """
    }

    @Test("takes a checkpoint where the budget allows its cost, and the last one in any case")
    func budget() async throws {
        let work = try TemporaryFolder()
        let rig = try await Rig(under: work)
        let folders = rig.folders
        let command = try Self.command(Self.script(folders))
        // The first one takes so long that no other is due in this run.
        let watch = rig.watch(command, seconds: { access(folders.archive, F_OK) == 0 ? 1000 : 0 })
        let (ending, _, _) = try await watch.run()
        withExtendedLifetime(command) {}
        #expect(ending == .exit(0))
        #expect(try await rig.keeper.settle() == 5)
        let steps = Set(try await rig.world.checkpoints().map { $0.prefix { $0 != "/" } })
        #expect(steps == ["step-000000001", "step-000000005"])
        // What each is worth, for the best to stay.
        for step in [1, 5] {
            let store = rig.run.checkpoints()
            let loss = try await store.read(step: step) { try? $0.description["validation_loss"].double() }
            #expect(loss == Double(step) / 10)
        }
    }

    /// A clock by which a cause is noted once a sleep is over that began after the command's end.
    private struct LateNotice: Clock {
        let pid: Int32
        let note: @Sendable () -> Void

        func now() -> Timestamp { SystemClock().now() }

        func sleep(for duration: Duration) async throws {
            let isOver = kill(pid, 0) != 0
            try await SystemClock().sleep(for: duration)
            if isOver { note() }
        }
    }

    @Test(
        "counts an end for asked where SIGTERM came to it and the trainer alike, and for no cause that it was not told",
        arguments: ["exit 0", "kill -s TERM $$"],
        [StopCause.terminated, .sessionLimit, .requested]
    )
    func endedAlongside(script: String, cause: StopCause) async throws {
        let work = try TemporaryFolder()
        let rig = try await Rig(under: work)
        let command = try Self.command(script)
        let stop = rig.stop
        let clock = LateNotice(pid: command.process.pid) { stop.request(cause) }
        let (ending, wasAsked, _) = try await rig.watch(command, clock: clock).run()
        withExtendedLifetime(command) {}
        #expect(ending == (script == "exit 0" ? .exit(0) : .signal(SIGTERM)))
        #expect(stop.causes == [cause])
        #expect(wasAsked == (cause == .terminated))
    }

    @Test("knows the validation loss of a checkpoint as what was measured last up to it")
    func validationLoss() throws {
        let work = try TemporaryFolder()
        let file = "\(work.path)/metrics.jsonl"
        var metrics = CommandMetrics(path: file, after: nil, 9)
        #expect(metrics.measured(at: 3).validationLoss == 9)
        #expect(CommandMetrics(path: file).measured(at: 3).validationLoss == nil)
        let lines = ["4, \"validation_loss\": 2", "5, \"loss\": 1", "8, \"validation_loss\": 3"]
        try FileIO.write(Array(lines.map { "{\"step\": \($0)}\n" }.joined().utf8), to: file)
        _ = metrics.read()
        #expect([3, 4, 7, 8, 100].map { metrics.measured(at: $0).validationLoss } == [9, 2, 2, 3, 3])
    }

    @Test("packs a checkpoint with what was measured up to its step, whatever was read since")
    func figuresOfAStep() async throws {
        let work = try TemporaryFolder()
        let folders = try CommandFolders(under: work.path, name: "command")
        try FileIO.makeFolder(CommandCheckpoint.folder(of: 5, in: folders.checkpoints), permissions: 0o700)
        try FileIO.write([1], to: "\(CommandCheckpoint.folder(of: 5, in: folders.checkpoints))/state")
        let lines = [
            "4, \"loss\": 8, \"validation_loss\": 7", "5, \"loss\": 6, \"validation_loss\": 5",
            "6, \"loss\": 1, \"validation_loss\": 0.25", "9, \"loss\": 2",
        ]
        try FileIO.write(Array(lines.map { "{\"step\": \($0)}\n" }.joined().utf8), to: folders.metrics)
        let earlier = RunFigures(steps: 3, initialLoss: 9, bestValidationLoss: 8, bestStep: 2)
        var metrics = CommandMetrics(path: folders.metrics, after: earlier)
        #expect(metrics.read().count == 4)
        let packed = try await CommandCheckpoint.pack(step: 5, folders, metrics, fingerprint: "one")
        let expected = RunFigures(steps: 5, initialLoss: 9, finalLoss: 6, bestValidationLoss: 5, bestStep: 5)
        #expect(packed.figures == expected && packed.validationLoss == 5)
        let description = JSONReader(packed.encoded().description)
        #expect(try description["best_validation_loss"].double() == 5 && description["best_step"].int() == 5)
        #expect(metrics.figures.bestStep == 6 && metrics.figures.finalLoss == 2)
    }
}
