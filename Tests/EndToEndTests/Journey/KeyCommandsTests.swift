import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

extension EndToEnd {
    /// `signalbox keys`, without a cloud: as the guide shows it, and where it must refuse.
    @Suite struct KeyCommandsTests {
        /// A folder in which commands run, without any setting of a cloud.
        private struct Desk {
            let work: WorkFolder

            func run(_ line: String) async throws -> (status: Int32, output: String, errors: String) {
                let environment = ["PATH": Repository.programs + ":/usr/bin:/bin", "HOME": work.path]
                let child = try ChildProcess(
                    "/bin/sh",
                    ["-c", line],
                    environment: environment,
                    folder: work.path,
                    log: work / "log-\(UUID().uuidString)"
                )
                guard case .exit(let status) = try await child.wait(line) else { return (-1, "", "killed") }
                return (status, child.output, child.errors)
            }

            func succeed(_ line: String) async throws -> String {
                let outcome = try await run(line)
                try #require(outcome.status == 0, "\(line): \(outcome.errors)")
                return outcome.output
            }

            func keyring(_ name: String = "keyring.json") async throws -> JSONReader {
                let line = "signalbox keys list --keyring \(name) --roots roots.json --json"
                return JSONReader(try JSON(parsing: try await succeed(line)))
            }
        }

        /// Every block of commands in `docs/keys.md`, in order, in one folder.
        @Test func theGuideRuns() async throws {
            try await WorkFolder.with { work in
                let desk = Desk(work: work)
                let guide = try String(contentsOfFile: Repository.root + "/docs/keys.md", encoding: .utf8)
                let blocks = guide.components(separatedBy: "```sh\n").dropFirst()
                try #require(blocks.count == 5)
                for block in blocks {
                    let commands = block.components(separatedBy: "```").first ?? ""
                    // A person at a terminal is asked; nobody is here.
                    let agreed = commands.replacingOccurrences(of: "keys sign", with: "keys sign --yes")
                    _ = try await desk.succeed("set -e\n" + agreed)
                }
                let keyring = try await desk.keyring()
                #expect(keyring["verification"].value == "verified")
                let states = try keyring["keys"].array().map { key in
                    "\(try key["key_id"].string()) \(try key["state"].string())"
                }
                #expect(states == ["robot-7 revoked", "robot-7b active", "robot-8 active"])
                #expect(keyring["version"].value == 4)
                #expect(!keyring["expires_at"].isNull)
                for path in ["root-1/root-1.pem", "robot-7/robot-7.pem", "robot-7b/robot-7b.pem"] {
                    let attributes = try FileManager.default.attributesOfItem(atPath: work / path)
                    #expect(attributes[.posixPermissions] as? Int == 0o600, "\(path)")
                }
                #expect(!FileManager.default.fileExists(atPath: work / "keyring.json.draft"))
            }
        }

        @Test func aChangeThatTooFewSignedLeavesTheKeyringAsItIs() async throws {
            try await WorkFolder.with { work in
                let desk = Desk(work: work)
                for (id, threshold) in [("a", ""), ("b", " --threshold 2")] {
                    _ = try await desk.succeed(
                        "signalbox keys new --root --id \(id) --out roots --roots roots.json" + threshold
                    )
                }
                let options = "--keyring keyring.json --roots roots.json"
                let both = "--root-key roots/a.pem --root-key roots/b.pem"
                let new = "signalbox keys new --environment lab --out keys \(options)"
                _ = try await desk.succeed("\(new) --id one \(both)")
                let before = try FileIO.read(work / "keyring.json", bytesMax: 1 << 20)
                // The same root twice is one root.
                let twice = "--root-key roots/a.pem --root-key roots/a.pem"
                let draft = JSONReader(try JSON(parsing: try await desk.succeed("\(new) --id two \(twice) --json")))
                #expect(draft["complete"].value == false)
                #expect(draft["signatures"].value == 1)
                #expect(draft["keyring"].value == "keyring.json.draft")
                #expect(try FileIO.read(work / "keyring.json", bytesMax: 1 << 20) == before)
                let busy = try await desk.run("\(new) --id three \(both)")
                #expect(busy.status == 75 && busy.errors.contains("keys sign"), "\(busy.errors)")
                _ = try await desk.succeed("signalbox keys sign --yes \(options) --root-key roots/b.pem")
                #expect(try await desk.keyring()["version"].value == 2)
            }
        }

        @Test func whatIsSignedIsShownFirstAndSomebodyHasToAgree() async throws {
            try await WorkFolder.with { work in
                let desk = Desk(work: work)
                _ = try await desk.succeed("signalbox keys new --root --id a --out roots --roots roots.json")
                let options = "--keyring keyring.json --roots roots.json"
                let root = "--root-key roots/a.pem"
                let new = "signalbox keys new --environment lab --out keys \(options)"
                _ = try await desk.succeed("\(new) --id one --robot robot-1 robot-2 \(root)")
                _ = try await desk.succeed("\(new) --id two --robot robot-2")
                _ = try await desk.succeed("signalbox keys revoke --id one \(options)")
                let draft = try FileIO.read(work / "keyring.json.draft", bytesMax: 1 << 20)
                let sign = "signalbox keys sign \(options) \(root)"

                let unasked = try await desk.run(sign)
                #expect(unasked.status == 1 && unasked.errors.contains("not_confirmed: "), "\(unasked.errors)")
                #expect(try FileIO.read(work / "keyring.json.draft", bytesMax: 1 << 20) == draft)
                let asked = "script -qec '\(sign)' /dev/null"
                for (answer, status) in [("n", Int32(1)), ("", 1), ("yes", 0)] {
                    let outcome = try await desk.run("(sleep 1; echo \(answer)) | \(asked)")
                    #expect(outcome.status == status, "\(answer): \(outcome.output)")
                    #expect(outcome.output.contains("+ two: "), "\(outcome.output)")
                    #expect(outcome.output.contains("robots robot-2"))
                    #expect(outcome.output.contains("~ one: revoked never -> 2"))
                    #expect(outcome.output.contains("~ version: 1 -> 3"))
                    #expect(outcome.output.contains("Sign this keyring?"))
                    #expect(FileManager.default.fileExists(atPath: work / "keyring.json.draft") == (status != 0))
                }
                let keyring = try await desk.keyring()
                #expect(keyring["version"].value == 3)
                #expect(try keyring["keys"].array().count == 2)
            }
        }

        /// The steps of the guide, after a thief has published a keyring with a key of its own.
        @Test func aStolenRootLosesItsPower() async throws {
            try await WorkFolder.with { work in
                let desk = Desk(work: work)
                let options = "--keyring keyring.json --roots roots.json"
                let new = "signalbox keys new --environment lab --out keys \(options)"
                _ = try await desk.succeed("signalbox keys new --root --id stolen --out roots --roots roots.json")
                _ = try await desk.succeed("\(new) --id one --root-key roots/stolen.pem")
                _ = try await desk.succeed("\(new) --id thief --root-key roots/stolen.pem")

                _ = try await desk.succeed("signalbox keys new --root --id fresh --out roots --roots roots.json")
                #expect(try await desk.succeed("signalbox keys list \(options)").contains("thief"))
                _ = try await desk.succeed("signalbox keys revoke --id thief \(options)")
                _ = try await desk.succeed("signalbox keys sign --yes \(options) --root-key roots/fresh.pem")
                let roots = try KeyringRoots(parsing: FileIO.read(work / "roots.json", bytesMax: 1 << 16))
                let left = try KeyringRoots(threshold: 1, keys: roots.keys.filter { $0.key == "fresh" })
                try FileIO.write(left.json.bytes, to: work / "roots.json")

                let keyring = try await desk.keyring()
                #expect(keyring["verification"].value == "verified" && keyring["version"].value == 3)
                #expect(try keyring["keys"].array().map { $0["state"].value } == ["active", "revoked"])
                try await refused(desk, "\(new) --id two --root-key roots/stolen.pem", "keyring_roots_missing", 78)
            }
        }

        @Test func aKeyIsForTheRobotsThatAreNamedAndItsSuccessorToo() async throws {
            try await WorkFolder.with { work in
                let desk = Desk(work: work)
                let options = "--keyring keyring.json"
                let new = "signalbox keys new --environment lab --out keys \(options)"
                _ = try await desk.succeed("\(new) --id any")
                _ = try await desk.succeed("\(new) --id own --robot robot-7")
                _ = try await desk.succeed("signalbox keys rotate --id own --new-id next --out keys \(options)")
                let list = "signalbox keys list \(options)"
                let keys = JSONReader(try JSON(parsing: try await desk.succeed(list + " --json")))["keys"]
                #expect(try keys.array().map { $0["robots"].value } == [["*"], ["robot-7"], ["robot-7"]])
                #expect(try await desk.succeed(list).contains("ROBOTS"))
                for wrong in ["--robot Robot", "--root --robot robot-7"] {
                    #expect(try await desk.run("\(new) --id wrong \(wrong)").status == 64, "\(wrong)")
                }
            }
        }

        @Test func whatIsNoGoodIsRefusedUnderItsCode() async throws {
            try await WorkFolder.with { work in
                let desk = Desk(work: work)
                for id in ["a", "stranger"] {
                    let roots = id == "a" ? "roots.json" : "other.json"
                    _ = try await desk.succeed("signalbox keys new --root --id \(id) --out roots --roots \(roots)")
                }
                let root = "--root-key roots/a.pem"
                let options = "--keyring keyring.json --roots roots.json \(root)"
                let new = "signalbox keys new --environment lab --out keys"
                // A keyring that nobody signed, and is signed only when somebody asks for it.
                _ = try await desk.succeed("\(new) --id one --keyring keyring.json")
                try await refused(desk, "\(new) --id two \(options)", "keyring_unsigned", 78)
                _ = try await desk.succeed("signalbox keys sign --yes \(options)")
                for (line, code, status) in [
                    ("\(new) --id one \(options)", "key_exists", Int32(1)),
                    ("signalbox keys revoke --id no \(options)", "key_unknown", 1),
                    ("signalbox keys rotate --id no --new-id yes --out keys \(options)", "key_unknown", 1),
                    ("\(new) --id two --keyring keyring.json", "keyring_roots_missing", 78),
                    ("signalbox keys list --keyring keyring.json", "keyring_roots_missing", 78),
                    ("signalbox keys list --keyring keyring.json --roots other.json", "keyring_threshold", 78),
                    (
                        "\(new) --id two --keyring keyring.json --roots roots.json --root-key roots/stranger.pem",
                        "keyring_roots_missing", 78
                    ),
                    ("signalbox keys sign --keyring keyring.json \(root)", "configuration", 78),
                    ("signalbox keys list --keyring gs://bucket --roots roots.json", "argument_unusable", 1),
                    ("\(new) --id two --keyring gs://b/keyring.json \(root)", "argument_unusable", 1),
                    ("signalbox keys new --root --id a --out more --roots roots.json", "key_exists", 1),
                    (
                        "signalbox keys new --root --id c --threshold 5 --out more --roots roots.json",
                        "argument_unusable", 1
                    ),
                ] {
                    try await refused(desk, line, code, status)
                }
                let keys = try FileManager.default.contentsOfDirectory(atPath: work / "keys").sorted()
                #expect(keys == ["one.pem", "one.pub.pem"], "a refused command left a key")
                try await refuseTampered(desk, options)
            }
        }

        private func refuseTampered(_ desk: Desk, _ options: String) async throws {
            let path = desk.work / "keyring.json"
            let signed = try FileIO.read(path, bytesMax: 1 << 20)
            var members = try #require(try JSON(parsing: signed).members)
            members["payload"] = .string(Base64.encode(Keyring(version: 9).json.bytes))
            try FileIO.write(JSON.object(members).bytes, to: path)
            let list = "signalbox keys list --keyring keyring.json --roots roots.json"
            try await refused(desk, list, "keyring_bad_signature", 78)
            try await refused(desk, "signalbox keys revoke --id one \(options)", "keyring_bad_signature", 78)
            // An old draft is no way back.
            try FileIO.write(signed, to: path)
            try FileIO.write(Keyring(version: 1).json.bytes, to: path + ".draft")
            try await refused(desk, "signalbox keys sign --yes \(options)", "keyring_rolled_back", 78)
        }

        private func refused(_ desk: Desk, _ line: String, _ code: String, _ status: Int32) async throws {
            let outcome = try await desk.run(line)
            #expect(outcome.status == status, "\(line): \(outcome.errors)")
            #expect(outcome.errors.hasPrefix("signalbox: \(code): "), "\(line): \(outcome.errors)")
        }
    }
}
