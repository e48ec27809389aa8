import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// The examples of `docs/trainer-command.md` as the deployment's training command, killed and taken back.
    @Suite struct CommandTrainerTests {
        /// A training program of docs/examples, and the Python that has what it needs.
        struct Example: Sendable, CustomTestStringConvertible {
            let name: String
            let python: @Sendable () async throws -> String
            /// How the names of the files end that hold the parameters.
            let model: String

            var testDescription: String { name }
        }

        static let examples = [
            Example(name: "train_sklearn.py", python: { try await testPython() }, model: "model.safetensors"),
            Example(name: "train_jax.py", python: { try await exportPython() }, model: "model.npz"),
            Example(name: "train_xgboost.py", python: { try await testPython("xgboost") }, model: ".ubj"),
        ]

        private static let steps = 300

        @Test("goes on from its own checkpoints to the model of a run that was never stopped", arguments: examples)
        func interrupted(example: Example) async throws {
            let python = try await example.python()
            let program = "\(Repository.root)/docs/examples/\(example.name)"
            var settings = LocalStack.shortLeases
            settings["SIGNALBOX_TRAINER_COMMAND"] = Self.command(
                python,
                program,
                slowWhile: "[ $SIGNALBOX_ATTEMPT -lt 3 ]"
            )
            try await LocalStack.with(settings: settings) { stack in
                let package = try await stack.package(of: "robot-1", 24, try Self.training(in: stack))
                let id = try await stack.upload(package)
                // Killed with all that notes its end; the command is in a group of its own and must not live on.
                let leader = try await leader(id, attempt: 1, stack)
                try #require(kill(-leader, SIGKILL) == 0)
                try await eventually("nothing of the killed run is left") {
                    ProcessIdentity.started { $0["SIGNALBOX_JOB_ID"] == id && $0["SIGNALBOX_ATTEMPT"] == "1" }.isEmpty
                }
                try await eventually("the sweep finds the trainer lost") {
                    _ = try await stack.post("scheduled-prune", ["task": "sweep"])
                    return try await stack.job(id).attempt == 2
                }
                let second = try await self.leader(id, attempt: 2, stack)
                try #require(kill(-second, SIGTERM) == 0)
                let job = try await stack.finished(id)
                try #require(job.phase == .completed, "\(String(describing: job.failure))")
                #expect(job.recoveries.map(\.cause) == [.runEnded, .preempted])
                let result = try #require(job.result)
                #expect(result.steps == Self.steps)
                #expect((result.bestValidationLoss ?? 1) < 0.5)
                let log = try await stack.text("logs/\(id)/trainer-attempt-3.log")
                #expect(log.contains("\"resuming from step"), "\(log)")
                _ = try await stack.succeed("download", result.modelName, "--out", "installed")
                let trained = try model(example, below: stack.work / "installed")
                #expect(!trained.isEmpty)
                #expect(trained == (try await uninterrupted(example, python, program, stack)))
            }
        }

        /// A training program, slow where a condition of the shell holds: so slow that it is hit in its midst, on a
        /// busy machine too.
        static func command(_ python: String, _ program: String, slowWhile condition: String) -> String {
            let script = """
                if \(condition); then set -- "$@" --step-seconds 0.1; fi
                exec '\(python)' '\(program)' "$@"
                """
            return JSON.array(["/bin/sh", "-c", .string(script), "sh"]).serialized()
        }

        /// The config of the job: a checkpoint often.
        private static func training(in stack: LocalStack) throws -> [String] {
            let arguments = [
                "--data-path", "{data_path}", "--output-dir", "{output_dir}", "--batch-size", "{batch_size}",
                "--num-steps", "{num_steps}", "--learning-rate", "{learning_rate}", "--checkpoint-every-steps", "5",
            ]
            let config: JSON = [
                "model_type": "command", "model_name": "by-command", "num_steps": .integer(Int64(steps)),
                "arguments": .array(arguments.map(JSON.string)),
            ]
            let file = stack.work / "training.json"
            try FileIO.write(config.bytes, to: file)
            return ["--training", file]
        }

        /// Waits until an attempt has kept a checkpoint of its own.
        private func leader(_ id: String, attempt: Int, _ stack: LocalStack) async throws -> pid_t {
            try await eventually("attempt \(attempt) has kept a checkpoint") {
                let job = try await stack.job(id)
                try #require(!job.phase.isTerminal, "\(job.phase): \(String(describing: job.failure))")
                let names = try await stack.names(under: "checkpoints/\(id)/")
                return names.contains { $0.contains("/attempt-\(attempt)-") }
            }
            return try stack.leader(ofRun: RunOrder.name(jobID: id, attempt: attempt))
        }

        /// The files that hold the parameters, by name.
        private func model(_ example: Example, below folder: String) throws -> [String: [UInt8]] {
            let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
            let files = try paths.filter { $0.hasSuffix(example.model) }.map { path in
                (String(path.split(separator: "/").last ?? ""), try FileIO.read("\(folder)/\(path)", bytesMax: 1 << 24))
            }
            return Dictionary(files) { first, _ in first }
        }

        /// The parameters that the program alone ends with.
        private func uninterrupted(
            _ example: Example,
            _ python: String,
            _ program: String,
            _ stack: LocalStack
        ) async throws -> [String: [UInt8]] {
            let output = stack.work / "alone"
            let standard = JobConfig.standard
            let arguments = [
                program, "--data-path", Repository.episodes, "--output-dir", output, "--batch-size",
                "\(standard.batchSize)", "--num-steps", "\(Self.steps)", "--learning-rate", "\(standard.learningRate)",
                "--epochs", "\(standard.epochs)", "--seed", "\(standard.seed)",
            ]
            try await Self.run(python, arguments)
            return try model(example, below: output)
        }

        static func testPython(_ name: String? = nil) async throws -> String {
            try await run("/bin/sh", ["\(Repository.root)/Tests/python-env.sh"] + (name.map { [$0] } ?? []))
            return "\(Repository.root)/.tools/\(name ?? "test")-venv/bin/python"
        }

        private static func exportPython() async throws -> String {
            try await run("/bin/sh", ["\(Repository.root)/Sources/Training/Programs/export.sh", "--environment-only"])
            return "\(Repository.root)/.tools/export-venv/bin/python"
        }

        private static func run(_ program: String, _ arguments: [String]) async throws {
            let process = try SpawnedProcess([program] + arguments, environment: ProcessEnvironment.current())
            let ending = await process.wait()
            try #require(ending == .exit(0), "\(program) \(arguments) \(ending)")
        }
    }
}
