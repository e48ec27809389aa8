import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// The requests that docs/upload-api.md makes with curl, against the real function and the embedded cloud.
    @Suite struct UploadAPIExamplesTests {
        /// One line of the page.
        private struct Example {
            let command: String
            let status: String
            let code: String
            let pointer: String?

            init?(_ line: Substring) {
                guard let mark = line.range(of: " # ", options: .backwards) else { return nil }
                let words = line[mark.upperBound...].split(separator: " ").map(String.init)
                guard words.count >= 2, Int(words[0]) != nil else { return nil }
                command = line[..<mark.lowerBound].trimmingCharacters(in: .whitespaces)
                (status, code) = (words[0], words[1])
                pointer = words.count > 2 ? words[2] : nil
            }
        }

        @Test func everyAnswerIsTheOneOnThePage() async throws {
            try await FunctionBench.with { bench in
                let (api, url) = try await bench.serve("api", try bench.environment())
                let package = try prepare(bench)
                let archive = try FileIO.read(package.archive, bytesMax: 64 << 20)
                let environment = [
                    "PATH": "/usr/bin:/bin", "HOME": bench.work.path, "U": url + UploadDesk.uploadPath,
                    "R": url + "/api/training/cloud/receipts", "KEY": "robot.pem", "KEY_ID": "robot",
                    "CRC32C": CRC32C.checksum(of: archive).base64, "PACKAGE_ID": package.manifest.packageID,
                ]
                let page = try String(contentsOfFile: Repository.root + "/docs/upload-api.md", encoding: .utf8)
                let section = try #require(page.components(separatedBy: "\n## With curl\n").last)
                let block = try #require(section.components(separatedBy: "```sh\n").dropFirst().first)
                let examples = try #require(block.components(separatedBy: "```").first).split(separator: "\n")
                    .compactMap { Example($0) }
                try #require(examples.count >= 25)
                for (index, example) in examples.enumerated() {
                    let answer = try await run(example.command, environment, bench, index)
                    let place = "\(example.command): \(answer)"
                    #expect(answer.status == example.status, "\(place)")
                    let body = try JSON(parsing: answer.body)
                    #expect((body["code"] ?? body["state"]) == .string(example.code), "\(place)")
                    if let pointer = example.pointer { #expect(body["pointer"] == .string(pointer), "\(place)") }
                    guard example.status != "201" else { continue }
                    #expect(answer.type == Problem.mediaType, "\(place)")
                    for member in ["type", "title", "detail"] { #expect(body[member]?.stringValue != nil, "\(place)") }
                    #expect(body["status"]?.integerValue.map { String($0) } == answer.status, "\(place)")
                }
                try printedInFull(section, try await run(examples[0].command, environment, bench, examples.count))
                // Of all of these one alone wrote anything.
                let staged = try await bench.objects.listAll(bucket: LocalStack.stagingBucket, prefix: "")
                #expect(staged.map(\.name.name) == ["robot-1/\(package.manifest.packageID)/manifest.dsse.json"])
                api.signal(15)
                _ = try await api.wait("api")
            }
        }

        private func prepare(_ bench: FunctionBench) throws -> BuiltPackage {
            let work = bench.work
            let episodes = try work.episodes(2, as: "episodes")
            let package = try bench.package(robot: "robot-1", episodes: episodes, as: "package")
            let other = try Ed25519PrivateKey(random: SystemRandomSource())
            try FileIO.write(Array(other.pem.utf8), to: work / "other.pem")
            let foreign = try bench.package(
                robot: "robot-1",
                episodes: episodes,
                key: other,
                keyID: "foreign",
                as: "foreign"
            )
            let repacked = try bench.package(
                robot: "robot-1",
                episodes: episodes,
                compression: .stored,
                as: "repacked"
            )
            for (from, name) in [
                (package.archive, "archive.zip"), (package.envelope, "manifest.dsse.json"),
                (foreign.envelope, "foreign.json"), (repacked.envelope, "repacked.json"),
                (Repository.root + "/docs/examples/upload-api/signed-curl.sh", "signed-curl.sh"),
            ] {
                try FileManager.default.copyItem(atPath: from, toPath: work / name)
            }
            let settings = #"silent"# + "\n" + #"write-out = "\n%{http_code} %{content_type}""# + "\n"
            try FileIO.write(Array(settings.utf8), to: work / ".curlrc")
            return package
        }

        /// Runs a line of the page; curl's last line, by its settings, is the status and the media type.
        private func run(
            _ command: String,
            _ environment: [String: String],
            _ bench: FunctionBench,
            _ index: Int
        ) async throws -> (status: String, type: String, body: String) {
            let log = bench.work / "curl-\(index)"
            let child = try ChildProcess(
                "/bin/bash",
                ["-c", command],
                environment: environment,
                folder: bench.work.path,
                log: log
            )
            let ending = try await child.wait(command)
            try #require(ending == .exit(0), "\(command): \(child.errors)")
            let lines = child.output.components(separatedBy: "\n")
            let last = try #require(lines.last).split(separator: " ").map(String.init)
            return (last[0], last.count > 1 ? last[1] : "", lines.dropLast().joined(separator: "\n"))
        }

        /// The answer that the page prints in full is that answer.
        private func printedInFull(
            _ section: String,
            _ answer: (status: String, type: String, body: String)
        ) throws {
            let block = try #require(section.components(separatedBy: "```json\n").dropFirst().first)
            let text = try #require(block.components(separatedBy: "```").first)
            #expect(try JSON(parsing: text) == JSON(parsing: answer.body))
        }
    }
}
