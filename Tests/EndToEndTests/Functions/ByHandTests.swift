import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What people run by hand: one event at a time, and the README's commands.
    @Suite struct ByHandTests {
        @Test func everySampleEventIsAnsweredByItsFunction() async throws {
            try await LocalStack.with { stack in
                for (function, file, code) in [
                    ("gcs-upload", "storage-archive-finalized", "package_incomplete"),
                    ("gcs-upload", "storage-manifest-finalized", "package_incomplete"),
                    ("gcs-upload", "storage-manifest-finalized-structured", "package_incomplete"),
                    ("firestore-job", "firestore-job-created", "no_such_job"),
                    ("firestore-job", "firestore-job-created-structured", "no_such_job"),
                    ("firestore-job", "firestore-job-updated", "no_such_job"),
                    ("scheduled-prune", "scheduler-sweep", "swept"),
                    ("scheduled-prune", "scheduler-prune-dry-run", "prune_planned"),
                    ("gcs-upload", "firestore-job-created", "event_ignored"),
                    ("firestore-job", "storage-archive-finalized", "event_ignored"),
                    ("scheduled-prune", "storage-archive-finalized", "event_ignored"),
                ] {
                    let output = try await stack.run(function, event: "\(Repository.root)/events/\(file).json")
                    #expect(output.status == 0, "\(function) \(file): \(output.errors)")
                    let answer = try JSONReader(output.json)
                    #expect(answer["status"].value == 200)
                    #expect(answer["body"]["detail"]["code"].value == .string(code), "\(function) \(file)")
                }
                for (function, sample, body, code) in [
                    ("gcs-upload", "storage-archive-finalized", "{}", "event_malformed"),
                    ("gcs-upload", "storage-archive-finalized", #"{"bucket": 7, "name": "a"}"#, "event_malformed"),
                    ("scheduled-prune", "scheduler-sweep", #"{"task": "dance"}"#, "task_unknown"),
                    ("scheduled-prune", "scheduler-sweep", #"{"dry_run": true}"#, "event_malformed"),
                ] {
                    let path = stack.work / "malformed.json"
                    try FileIO.write(try Self.event(sample, body).bytes, to: path)
                    let output = try await stack.run(function, event: path)
                    let answer = try JSONReader(output.json)
                    #expect(answer["status"].value == 400, "\(function) \(body): \(output.output)")
                    #expect(output.output.contains("\"\(code)\""), "\(function) \(body): \(output.output)")
                }
                let name = "robot-1/pkg-\(String(repeating: "0", count: 32))/archive.zip"
                let elsewhere = #"{"bucket": "elsewhere", "name": "\#(name)"}"#
                let path = stack.work / "elsewhere.json"
                try FileIO.write(try Self.event("storage-archive-finalized", elsewhere).bytes, to: path)
                let foreign = try await stack.run("gcs-upload", event: path)
                #expect(try JSONReader(foreign.json)["body"]["detail"]["code"].value == "bucket_not_allowed")
                #expect(foreign.status == 0 && foreign.errors.contains(#""WARNING""#), "\(foreign.errors)")
                let missing = try await stack.run("gcs-upload", event: "no-such-file.json")
                #expect(missing.status == 65)
            }
        }

        /// A sample event with another body.
        private static func event(_ sample: String, _ body: String) throws -> JSON {
            let bytes = try FileIO.read("\(Repository.root)/events/\(sample).json", bytesMax: 1 << 20)
            guard case .object(var event) = try JSON(parsing: bytes) else { return .null }
            event["body"] = try JSON(parsing: body)
            return .object(event)
        }

        /// The commands of the README's section, as they stand there, in the order they stand there.
        @Test func theCommandsOfTheReadmeRun() async throws {
            try await WorkFolder.with { work in
                let commands = try Self.commands()
                try #require(commands.contains { $0.hasPrefix("signalbox upload") })
                let mark = try ProcessMark()
                let tests = URL(filePath: Repository.root + "/Tests")
                try FileManager.default.createSymbolicLink(at: URL(filePath: work / "Tests"), withDestinationURL: tests)
                let own = ProcessInfo.processInfo.environment
                let environment = [
                    "PATH": Repository.programs + ":" + own["PATH", default: "/usr/bin:/bin"],
                    "HOME": work.path,
                    "SIGNALBOX_PJRT_PLUGIN": try Repository.plugin(),
                    "SIGNALBOX_COMPILE_CACHE": Repository.compileCache,
                    ProcessMark.variable: mark.value,
                ]
                do {
                    try await run(commands, environment, work)
                } catch {
                    _ = await mark.end(withinSeconds: 1)
                    throw error
                }
                let left = await mark.end(withinSeconds: EndToEnd.stopSeconds)
                try #require(left.isEmpty, "left behind: \(left)")
                #expect(FileManager.default.fileExists(atPath: work / "model/model.safetensors"))
            }
        }

        private func run(_ commands: [String], _ environment: [String: String], _ work: WorkFolder) async throws {
            var job: String?
            for (index, command) in commands.enumerated() {
                // What the README cannot know.
                let line = job.map { command.replacing("JOB", with: $0) } ?? command
                let child = try ChildProcess(
                    "/bin/sh",
                    ["-c", line],
                    environment: environment,
                    folder: work.path,
                    log: work / "\(index)"
                )
                let ending = try await child.wait(line)
                try #require(ending == .exit(0), "\(line): \(child.errors)")
                if line.hasPrefix("signalbox upload") {
                    job = child.output.split(whereSeparator: \.isWhitespace).last.map(String.init)
                }
                guard line.contains("local up") else { continue }
                try await eventually("the local cloud is ready") { child.errors.contains("ready") }
            }
        }

        /// The lines of the section's code block, without those that build.
        private static func commands() throws -> [String] {
            let readme = try String(contentsOfFile: Repository.root + "/README.md", encoding: .utf8)
            let section = try #require(readme.components(separatedBy: "\n## By hand\n").last)
            let block = try #require(section.components(separatedBy: "```sh\n").dropFirst().first)
            let lines = try #require(block.components(separatedBy: "```").first).split(separator: "\n")
            return lines.map { line in
                let command = line.components(separatedBy: "  #").first ?? ""
                return command.trimmingCharacters(in: .whitespaces)
            }.filter { !$0.hasPrefix("make ") && !$0.hasPrefix("export ") }
        }
    }
}
