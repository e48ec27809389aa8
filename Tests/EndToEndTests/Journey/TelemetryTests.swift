import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What the trainer's program itself tells of a run, as `docs/telemetry.md` says.
    @Suite struct TelemetryTests {
        @Test("A run leaves its record, the machine's curves, W&B's file and one warning of an absent MLflow")
        func everything() async throws {
            var settings: [String: String] = [:]
            settings["MLFLOW_TRACKING_URI"] = "http://user:secret-word@127.0.0.1:9"
            settings["WANDB_MODE"] = "offline"
            settings["SIGNALBOX_MONITOR_SECONDS"] = "1"
            settings["TAQI_MD_HASH"] = String(repeating: "ab", count: 32)
            settings["SIGNALBOX_GIT_SHA"] = String(repeating: "cd", count: 20)
            try await LocalStack.with(settings: settings) { stack in
                let package = try await stack.package(of: "robot-1", 24, ["--epochs", "60"])
                let id = try await stack.upload(package)
                let job = try await stack.completedOnce(id)
                let record = JSONReader(try JSON(parsing: try await stack.text("logs/\(id)/run.json")))
                #expect(try record["status"].string() == "completed")
                #expect(try record["git_sha"].string() == settings["SIGNALBOX_GIT_SHA"])
                #expect(try record["source_digest"].string() == settings["TAQI_MD_HASH"])
                #expect(try record["device"]["platform"].string() == "cpu")
                #expect(try record["device"]["plugin"].string().hasSuffix(".so"))
                #expect(try record["host"]["cpu_cores"].int() > 0 && record["host"]["memory_bytes"].int() > 1 << 20)
                #expect(try record["metrics"]["best_validation_loss"].double() == job.result?.bestValidationLoss)
                let metrics = try await stack.text("logs/\(id)/metrics.jsonl")
                #expect(metrics.contains("\"system/process_memory_bytes\":"))
                #expect(!metrics.contains("gpu"))
                let log = try await stack.text("logs/\(id)/trainer-attempt-1.log").split(separator: "\n")
                let warnings = log.filter { $0.contains("WARNING") && $0.contains("tracker_") }
                #expect(warnings.count == 1 && warnings[0].contains("tracker_unreachable"), "\(warnings)")
                #expect(!log.contains { $0.contains("secret-word") })
                let names = try await stack.names(under: "logs/\(id)/wandb/")
                #expect(names.count == 1 && names[0].hasSuffix("-\(id)/run-\(id).wandb"))
                try await installs(job, stack)
                try await readsElsewhere(job, stack)
                try await printsToPeopleAndMachines(id, stack)
            }
        }

        /// The samples for those who quantise come with the model.
        private func installs(_ job: Job, _ stack: LocalStack) async throws {
            _ = try await stack.succeed("download", try #require(job.result).modelName, "--out", "installed")
            let installed = stack.work / "installed"
            let files = try FileManager.default.subpathsOfDirectory(atPath: installed)
            let path = try #require(files.first { $0.hasSuffix("calibration.json") })
            let json = JSONReader(try JSON(parsing: try FileIO.read("\(installed)/\(path)", bytesMax: 1 << 24)))
            #expect(try json["status"].string() == "written")
            #expect(try (100...500).contains(json["samples"].int()))
            let samples = path.replacingOccurrences(of: ".json", with: ".safetensors")
            let bytes = try FileIO.read("\(installed)/\(samples)", bytesMax: 1 << 28)
            #expect(try json["steps"].array()[2]["output_sha256"].string() == SHA256.digest(of: bytes).hex)
        }

        /// Reads curves and parameters with the libraries that are made for them.
        private static let readers = """
            import json, sys
            from safetensors.numpy import load_file
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
            events.Reload()
            losses = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"] if tag.startswith("loss/")}
            curves = {tag: [[float(point.step), point.value] for point in all] for tag, all in losses.items()}
            tensors = {name: list(tensor.shape) for name, tensor in load_file(sys.argv[2]).items()}
            print(json.dumps({"curves": curves, "tensors": tensors}))
            """

        /// TensorBoard shows the job's own curves, and safetensors loads its model's parameters.
        private func readsElsewhere(_ job: Job, _ stack: LocalStack) async throws {
            let names = try await stack.names(under: "logs/\(job.id)/events.out.tfevents.")
            let name = LocalStack.layout.object(try #require(names.first))
            let bytes = try await stack.objects().bytes(of: name, bytesMax: 64 << 20).bytes
            let file = stack.work / "events.out.tfevents.of-the-job"
            try FileIO.write(bytes, to: file)
            let installed = stack.work / "installed"
            let child = try ChildProcess(
                try await CommandTrainerTests.testPython(),
                ["-c", Self.readers, file, "\(installed)/model.safetensors"],
                environment: ProcessInfo.processInfo.environment,
                folder: stack.work.path,
                log: stack.work / "readers"
            )
            let ending = try await child.wait("the readers")
            try #require(ending == .exit(0), "\(child.errors)")
            let read = JSONReader(try JSON(parsing: child.output))
            try await sameCurves(read["curves"], job, stack)

            let model = JSONReader(try JSON(parsing: try FileIO.read("\(installed)/model.json", bytesMax: 1 << 20)))
            let signature = "\(Repository.root)/Sources/Training/Programs/wavecore/development/signature.json"
            let program = JSONReader(try JSON(parsing: try FileIO.read(signature, bytesMax: 1 << 20)))
            let wanted = try program["groups"]["parameters"].array().map { tensor in
                (try tensor["name"].string(), try tensor["shape"].array().map { try $0.int() })
            }
            let tensors = try read["tensors"].members().map { name, shape in
                (name, try shape.array().map { try $0.int() })
            }
            #expect(Dictionary(tensors) { $1 } == Dictionary(wanted) { $1 })
            let count = tensors.reduce(0) { $0 + $1.1.reduce(1, *) }
            #expect(try model["architecture"]["parameter_count"].int() == count)
        }

        /// The losses that TensorBoard reads are those of the metrics.
        private func sameCurves(_ curves: JSONReader, _ job: Job, _ stack: LocalStack) async throws {
            var wanted: [String: [[Double]]] = [:]
            for line in try await stack.text("logs/\(job.id)/metrics.jsonl").split(separator: "\n") {
                let point = JSONReader(try JSON(parsing: String(line)))
                for (name, tag) in [("loss", "loss/train"), ("validation_loss", "loss/validation")] {
                    guard let loss = try point[name].optional?.double() else { continue }
                    // TensorBoard's numbers are of single precision.
                    wanted[tag, default: []].append([try point["step"].double(), Double(Float(loss))])
                }
            }
            let found = try curves.members().map { ($0.name, try $0.reader.array().map { try $0.doubles() }) }
            #expect(Dictionary(found) { $1 } == wanted)
            #expect(wanted["loss/train"]?.count == job.result?.steps)
        }

        @Test("Standard output has the trainer's own lines alone, whatever its command prints")
        func ownLines() async throws {
            try await WorkFolder.with { work in
                let printed = work / "printed"
                let script = "#!/bin/sh\nexec '\(try Repository.program("trainer"))' \"$@\" >'\(printed)'\n"
                let program = work / "trainer-apart"
                try FileIO.write(Array(script.utf8), to: program, permissions: 0o755)
                let command = "echo said by the command; echo weights >\"$SIGNALBOX_OUTPUT/model.bin\""
                var settings = ["SIGNALBOX_TRAINER": program]
                settings["SIGNALBOX_TRAINER_COMMAND"] = JSON.array(["/bin/sh", "-c", .string(command)]).serialized()
                try await LocalStack.with(settings: settings) { stack in
                    let training = stack.work / "training.json"
                    try FileIO.write(JSON.object(["model_type": "command"]).bytes, to: training)
                    let package = try await stack.package(of: "robot-1", 2, ["--training", training])
                    let id = try await stack.upload(package)
                    try await stack.completedOnce(id)
                    let text = try await eventually("the trainer tells its exit code") { () -> String? in
                        let text = String(decoding: try FileIO.read(printed, bytesMax: 1 << 20), as: UTF8.self)
                        return text.contains("\"exit_code\":") && text.hasSuffix("\n") ? text : nil
                    }
                    for line in text.split(separator: "\n") {
                        #expect((try? JSON(parsing: String(line))) != nil, "\(line)")
                    }
                    let run = "\(stack.state)/runs/\(RunOrder.name(jobID: id, attempt: 1))/log"
                    let log = String(decoding: try FileIO.read(run, bytesMax: 1 << 20), as: UTF8.self)
                    #expect(log.contains("said by the command"), "\(log)")
                }
            }
        }

        private func printsToPeopleAndMachines(_ id: String, _ stack: LocalStack) async throws {
            let run = "\(stack.state)/runs/\(RunOrder.name(jobID: id, attempt: 1))"
            // The job is over a little before its trainer is.
            let lines = try await eventually("the trainer tells its exit code") { () -> [JSON]? in
                let printed = try FileIO.read("\(run)/log", bytesMax: 1 << 24)
                let lines = printed.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: Array($0)) }
                return lines.last?["exit_code"] == nil ? nil : lines
            }
            let progress = lines.compactMap { $0["progress"] }.map { JSONReader($0) }
            #expect(try progress.last?["step"].int() == progress.last?["total_steps"].int())
            #expect(lines.last?["exit_code"] == 0)
            // The job is over: the trainer says so and touches nothing.
            let spec = LocalStack.layout.spec(jobID: id, attempt: 1).uri
            let machine = try await stack.run("trainer", ["--spec", spec, "--json"])
            let end = JSONReader(try JSON(parsing: try #require(machine.lines.last)))
            #expect(try machine.status == 0 && end["exit_code"].int() == 0)
            let person = try await stack.run("trainer", ["--spec", spec, "--no-json"])
            #expect(person.status == 0 && person.output.isEmpty)
            #expect(person.errors.contains("the job is not this attempt's"))
        }

        @Test("A malformed setting ends the start by name")
        func malformed() async throws {
            try await LocalStack.with(settings: ["TAQI_MD_HASH": "abc"]) { stack in
                let version = try await stack.run("trainer", ["--version"])
                #expect(version.status == 0 && version.output.split(separator: ".").count == 3)
                let output = try await stack.run("trainer", ["--spec", "none.json"])
                #expect(output.status == 78 && output.errors.contains("TAQI_MD_HASH"), "\(output.errors)")
                let end = JSONReader(try JSON(parsing: try #require(output.lines.last)))
                #expect(try end["exit_code"].int() == 78 && end["severity"].string() == "ERROR")
            }
        }
    }
}
