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
            }
        }
    }
}
