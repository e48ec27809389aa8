import Foundation
import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("A supervised command", .serialized, .timeLimit(.minutes(10))) struct CommandRunTests {
    /// Counts to `num_steps`, a step each 20 ms, with a checkpoint every five; goes on where it is told to.
    private static let counting = """
        set -eu
        step=0
        if [ -n "${SIGNALBOX_RESUME_FROM:-}" ]; then step=$(cat "$SIGNALBOX_RESUME_FROM/step"); fi
        keep() {
            # The trap may come in the midst of it.
            if [ -d "$SIGNALBOX_CHECKPOINTS/step-$step" ]; then return; fi
            rm -rf "$SIGNALBOX_CHECKPOINTS/.draft"
            mkdir "$SIGNALBOX_CHECKPOINTS/.draft"
            echo "$step" >"$SIGNALBOX_CHECKPOINTS/.draft/step"
            mv "$SIGNALBOX_CHECKPOINTS/.draft" "$SIGNALBOX_CHECKPOINTS/step-$step"
        }
        trap 'keep; exit 75' TERM
        while [ "$step" -lt "$STEPS" ]; do
            step=$((step + 1))
            sleep 0.02
            echo "{\\"step\\": $step, \\"loss\\": $((STEPS - step)), \\"validation_loss\\": 2}" >>"$SIGNALBOX_METRICS"
            if [ $((step % 5)) -eq 0 ]; then keep; fi
        done
        echo "$step" >"$SIGNALBOX_OUTPUT/count"
        """

    private static func config(arguments: [String]? = [], numSteps: Int? = nil) -> JobConfig {
        JobConfig(modelType: JobConfig.commandType, numSteps: numSteps, arguments: arguments)
    }

    private func settings(
        _ script: String,
        _ work: TemporaryFolder,
        graceSeconds: Int = 3600,
        steps: Int = 40
    ) -> CommandSettings {
        CommandSettings(
            command: ["/bin/sh", "-c", script, "command"],
            graceSeconds: graceSeconds,
            workFolder: work.path,
            inherited: ["PATH": "/usr/bin:/bin", "STEPS": "\(steps)"]
        )
    }

    @Test("trains on the verified package, and what it leaves becomes the model")
    func completes() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let script = """
            set -eu
            test -f "$SIGNALBOX_DATA/ep_00003/steps/000000.jsonl"
            test -z "${SIGNALBOX_RESUME_FROM:-}"
            test "$SIGNALBOX_ATTEMPT" = 1
            test "$SIGNALBOX_CHECKPOINT_EVERY_STEPS,$SIGNALBOX_CHECKPOINT_EVERY_SECONDS" = 50,1800
            echo '{"step": 1, "loss": 4, "note": "kept", "reward": 3}' >>"$SIGNALBOX_METRICS"
            echo 'no json' >>"$SIGNALBOX_METRICS"
            echo '{"step": 2, "loss": 1, "validation_loss": 0.5}' >>"$SIGNALBOX_METRICS"
            echo weights >"$SIGNALBOX_OUTPUT/model.bin"
            """
        let ending = try await world.run(command: settings(script, work))
        guard case .completed(let result) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(result.steps == 2 && result.initialLoss == 4 && result.finalLoss == 1)
        #expect(result.bestValidationLoss == 0.5 && result.bestStep == 2 && result.baselineLoss == nil)
        let job = try await world.job()
        #expect(job.phase == .completed && job.result == result)
        let model = TrainerWorld.layout.model(result.modelName, version: 1, file: "model.bin")
        #expect(try await world.objects.bytes(of: model, bytesMax: 100).bytes == Array("weights\n".utf8))
        let metrics = TrainerWorld.layout.log(jobID: world.jobID, name: "metrics.jsonl")
        let lines = try await world.objects.bytes(of: metrics, bytesMax: 1000).bytes
        #expect(String(decoding: lines, as: UTF8.self).contains("\"note\":\"kept\""))
        let events = try await world.events(attempt: 1)
        for tag in ["loss/train", "loss/validation", "reward"] { #expect(events.contains(tag), "\(tag)") }
        #expect(!events.contains("note"))
        #expect(try await world.log(attempt: 1).contains { $0.contains("no JSON objects") })
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty)
    }

    @Test("is asked to checkpoint when its machine is taken back, and goes on from there")
    func interrupted() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let stop = StopSignal()
        let stopping = Task {
            while try await world.job().progress?.step ?? 0 < 8 { try await Task.sleep(for: .milliseconds(5)) }
            stop.request(.machineReclaimed)
        }
        let ending = try await world.run(command: settings(Self.counting, work, steps: 200), stop: stop)
        try await stopping.value
        guard case .preempted(.machineReclaimed, let step?) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(step >= 8)
        #expect(try await world.job().recoveries.map(\.cause) == [.preempted])
        try await world.launch()
        let next = try await world.run(command: settings(Self.counting, work, steps: 200), runner: "runner-2")
        guard case .completed(let result) = next else {
            Issue.record("it ended \(next)")
            return
        }
        #expect(result.steps == 200 && result.initialLoss == 199 && result.finalLoss == 0)
        #expect(try await world.log(attempt: 2).contains("resuming from step \(step)"))
    }

    @Test("goes on from its newest checkpoint after a crash")
    func crashed() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let script = Self.counting.replacingOccurrences(
            of: "if [ $((step % 5))",
            with:
                "if [ \"$step\" -eq 13 ] && [ \"$SIGNALBOX_ATTEMPT\" = 1 ]; then kill -9 $$; fi\n    if [ $((step % 5))"
        )
        let ending = try await world.run(command: settings(script, work))
        guard case .ended(let detail) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(detail == "the command was ended by signal 9")
        // The tier tells of the end; nothing was reported but by it.
        #expect(try await world.job().phase == .running)
        try await world.giveUp()
        try await world.launch()
        // What a killed trainer leaves of its folder goes with the next attempt on the same machine.
        try FileIO.makeFolder("\(work.path)/signalbox-\(world.jobID)-1-runner-1/data")
        let next = try await world.run(command: settings(script, work), runner: "runner-2")
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty)
        guard case .completed(let result) = next else {
            Issue.record("it ended \(next)")
            return
        }
        #expect(result.steps == 40)
        #expect(try await world.log(attempt: 2).contains("resuming from step 10"))
    }

    @Test("is killed with all it started where it does not stop in its time")
    func deaf() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let stop = StopSignal()
        let child = "\(work.path)/child"
        let script =
            "trap '' TERM; sleep 600 & echo $! >'\(child).draft'; mv '\(child).draft' '\(child)'; "
            + "while :; do sleep 0.05; done"
        let stopping = Task {
            while access(child, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
            stop.request(.terminated)
        }
        let ending = try await world.run(command: settings(script, work, graceSeconds: 30), stop: stop)
        try await stopping.value
        guard case .preempted(.terminated, nil) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let text = String(decoding: try FileIO.read(child, bytesMax: 100), as: UTF8.self)
        let sleeper = try #require(Int32(text.trimmed))
        // Whoever takes it over may take long to collect it: one that waits for that does not count.
        for _ in 0..<6_000 where ProcessIdentity(pid: sleeper) != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(ProcessIdentity(pid: sleeper) == nil)
    }

    @Test("ends at once where the attempt is another's")
    func fenced() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let theft = Theft()
        let stealing = Task {
            while try await world.job().progress?.step ?? 0 < 3 { try await Task.sleep(for: .milliseconds(5)) }
            try await theft.commit(in: world)
        }
        let script = Self.counting.replacingOccurrences(of: "$STEPS", with: "100000")
        let ending = try await world.run(command: settings(script, work))
        try await stealing.value
        guard case .fenced(.attemptTaken) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await world.job().lease?.holder == "runner-2")
    }

    @Test("that ends with 0 once it was asked to stop is stopped, whatever it left")
    func half() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let stop = StopSignal()
        let script =
            "trap 'exit 0' TERM; echo half >\"$SIGNALBOX_OUTPUT/model.bin\"; echo '{\"step\": 1}' "
            + ">\"$SIGNALBOX_METRICS\"; while :; do sleep 0.02; done"
        let stopping = Task {
            while try await world.job().progress == nil { try await Task.sleep(for: .milliseconds(5)) }
            stop.request(.machineReclaimed)
        }
        let ending = try await world.run(command: settings(script, work), stop: stop)
        try await stopping.value
        guard case .preempted(.machineReclaimed, nil) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await world.job().phase == .pending)
    }

    @Test("metrics are read line by line, however they come")
    func metrics() throws {
        let work = try TemporaryFolder()
        let file = "\(work.path)/metrics.jsonl"
        let before = RunFigures(steps: 3, initialLoss: 9, bestValidationLoss: 1, bestStep: 2)
        var metrics = CommandMetrics(path: file, after: before)
        #expect(metrics.read().isEmpty && !metrics.hasMore)
        try FileIO.write(Array("{\"step\": 4, \"loss\": 2}\n{\"step\": 5, \"lo".utf8), to: file)
        #expect(metrics.read().map(\.step) == [4])
        let whole = "{\"step\": 4, \"loss\": 2}\n{\"step\": 5, \"loss\": 1, \"validation_loss\": 0.5}\n\nx\n[]\n"
        try FileIO.write(Array(whole.utf8), to: file)
        #expect(
            metrics.read() == [
                CommandMetrics.Line(
                    step: 5,
                    loss: 1,
                    validationLoss: 0.5,
                    json: ["step": 5, "loss": 1, "validation_loss": .double(0.5)]
                )
            ]
        )
        #expect(metrics.flawCount == 2)
        #expect(
            metrics.figures
                == RunFigures(steps: 5, initialLoss: 9, finalLoss: 1, bestValidationLoss: 0.5, bestStep: 5)
        )
    }

    @Test("leaves files in folders, which are published and installed under their paths")
    func folders() async throws {
        let world = try await TrainerWorld(Self.config())
        let work = try TemporaryFolder()
        let script = """
            mkdir -p "$SIGNALBOX_OUTPUT/variables/empty" "$SIGNALBOX_OUTPUT/1/2/3/4/5/6/7"
            for name in saved_model.pb variables/variables.index 1/2/3/4/5/6/7/deep; do
                echo "$name" >"$SIGNALBOX_OUTPUT/$name"
            done
            """
        let ending = try await world.run(command: settings(script, work))
        guard case .completed(let result) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let registry = ModelRegistry(documents: world.documents, clock: world.clock)
        let version = try await registry.version(nil, of: result.modelName)
        let installer = ModelInstaller(objects: world.objects, key: TrainerWorld.key.publicKey)
        _ = try await installer.install(version, to: "\(work.path)/model")
        let written = ["1/2/3/4/5/6/7/deep", "saved_model.pb", "variables/variables.index"]
        let names = try FolderFiles.names(in: "\(work.path)/model", countMax: 10)
        #expect(names == (written + ["manifest.dsse.json", "model.json"]).sorted())
        for name in written {
            #expect(try FileIO.read("\(work.path)/model/\(name)", bytesMax: 100) == Array("\(name)\n".utf8))
        }
    }

    struct Flaw: Sendable {
        let script: String
        let says: String
    }

    @Test(
        "whose end is no model fails the job with what was wrong",
        arguments: [
            Flaw(script: "exit 0", says: "left no file"),
            Flaw(script: "echo x >\"$SIGNALBOX_OUTPUT/model.json\"", says: "the trainer writes it itself"),
            Flaw(script: "echo x >\"$SIGNALBOX_OUTPUT/Model.json\"", says: "only by case"),
            Flaw(script: "echo x >\"$SIGNALBOX_OUTPUT/\"'a\\b'", says: "backslash"),
            Flaw(script: "mkdir -p \"$SIGNALBOX_OUTPUT\"/1/2/3/4/5/6/7/8", says: "more than 8 folders deep"),
            Flaw(script: "ln -s /etc/passwd \"$SIGNALBOX_OUTPUT/weights\"", says: "neither a file nor a folder"),
            Flaw(
                script: "mkdir \"$SIGNALBOX_OUTPUT/a\"; ln -s /etc \"$SIGNALBOX_OUTPUT/a/b\"",
                says: "neither a file nor a folder"
            ),
        ]
    )
    func noModel(flaw: Flaw) async throws {
        let world = try await TrainerWorld(Self.config())
        let ending = try await world.run(command: settings(flaw.script, try TemporaryFolder()))
        guard case .failed(let failure) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(failure.code == .engineFailed)
        #expect(
            failure.message.hasPrefix("output_invalid") && failure.message.contains(flaw.says),
            "\(failure.message)"
        )
    }

    @Test("that is not configured, or not understood, fails the job")
    func unusable() async throws {
        let rows: [(JobConfig, Bool, String)] = [
            (Self.config(), false, "command_missing"), (Self.config(arguments: ["{home}"]), true, "arguments_invalid"),
            (Self.config(arguments: ["{num_steps}"]), true, "arguments_invalid"),
        ]
        for (config, isThere, code) in rows {
            let world = try await TrainerWorld(config)
            let command = isThere ? settings("exit 0", try TemporaryFolder()) : nil
            let ending = try await world.run(command: command)
            guard case .failed(let failure) = ending else {
                Issue.record("it ended \(ending)")
                continue
            }
            #expect(failure.code == .configInvalid && failure.message.hasPrefix(code), "\(failure.message)")
        }
    }

    @Test("its arguments are the flags that trainers know, or a template")
    func arguments() throws {
        let work = try TemporaryFolder()
        let folders = try CommandFolders(under: work.path, name: "x")
        let root = "\(work.path)/x"
        var config = JobConfig(modelType: "command", batchSize: 32, learningRate: 0.25, seed: 7)
        let flags = [
            "--data-path", "\(root)/data", "--output-dir", "\(root)/output", "--batch-size", "32", "--learning-rate",
            "0.25",
        ]
        #expect(try CommandArguments.filled(config, folders) == flags)
        config.numSteps = 9
        #expect(try CommandArguments.filled(config, folders) == flags + ["--num-steps", "9"])
        config.arguments = ["--seed={seed}", "{data_path}/x", "plain", "{", "a}{num_steps}{epochs}"]
        #expect(try CommandArguments.filled(config, folders) == ["--seed=7", "\(root)/data/x", "plain", "{", "a}940"])
        config.arguments = ["{checkpoint_every_steps}", "{checkpoint_every_seconds}"]
        (config.checkpointEverySteps, config.checkpointEverySeconds) = (12, 90)
        #expect(try CommandArguments.filled(config, folders) == ["12", "90"])
    }

    @Test("inherits no key and no credential")
    func settings() throws {
        let variables = [
            "SIGNALBOX_TRAINER_COMMAND": #"["python3", "/opt/train.py"]"#, "SIGNALBOX_MODEL_KEY": "/keys/models.pem",
            "GOOGLE_APPLICATION_CREDENTIALS": "/keys/account.json", "STORAGE_EMULATOR_HOST": "127.0.0.1:1",
            "PATH": "/a:/b", "CUDA_VISIBLE_DEVICES": "0", "SIGNALBOX_COMMAND_GRACE_SECONDS": "7",
        ]
        let found = try #require(try CommandSettings(variables: variables) { $0 == "/b/python3" })
        #expect(found.command == ["/b/python3", "/opt/train.py"])
        #expect(found.graceSeconds == 7)
        #expect(found.inherited == ["PATH": "/a:/b", "CUDA_VISIBLE_DEVICES": "0"])
        let plain = ["SIGNALBOX_TRAINER_COMMAND": #"["/bin/true"]"#]
        #expect(try CommandSettings(variables: plain) { _ in true }?.graceSeconds == 12)
        let onCloudRun = plain.merging(["CLOUD_RUN_JOB": "job"]) { first, _ in first }
        #expect(try CommandSettings(variables: onCloudRun) { _ in true }?.graceSeconds == 5)
        #expect(try CommandSettings(variables: [:]) { _ in true } == nil)
        for text in ["train.py", "[]", #"["a", 1]"#, #"["absent"]"#, #"[""]"#] {
            #expect(throws: ConfigurationError.self, "\(text)") {
                try CommandSettings(variables: ["SIGNALBOX_TRAINER_COMMAND": text]) { $0 == "/b/python3" }
            }
        }
    }
}
