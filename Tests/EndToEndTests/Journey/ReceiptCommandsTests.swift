import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// Receipts as the robot and the operator meet them, and the copy that is kept until there is one.
    @Suite struct ReceiptCommandsTests {
        @Test func theCopyIsKeptUntilAnAcceptedReceiptIsVerified() async throws {
            try await LocalStack.with { stack in
                let good = try await stack.package(of: "robot-1", 2, ["--epochs", "1"])
                let bad = try await stack.package(of: "robot-2", 2, ["--epochs", "1"])
                try await revoke("robot-2", stack)

                // Another key than the intake's: the receipt does not verify, and nothing is deleted.
                let stranger = try Ed25519PrivateKey(random: SystemRandomSource()).publicKey.pem
                try FileIO.write(Array(stranger.utf8), to: stack.work / "stranger.pub.pem")
                let forged = try await stack.signalbox(
                    ["upload", good.folder, "--remove", "--no-progress"],
                    settings: ["SIGNALBOX_RECEIPT_PUBLIC_KEY": stack.work / "stranger.pub.pem"]
                )
                #expect(forged.status == 1 && forged.errors.contains("bad_signature"), "\(forged.errors)")
                #expect(files(good) == ["archive.zip", "manifest.dsse.json"])

                let refused = try await stack.signalbox("upload", bad.folder, "--remove", "--no-progress")
                #expect(refused.lines == ["refused  key_revoked"], "\(refused.errors)")
                #expect(refused.errors.contains("the copy here is kept"))
                #expect(files(bad) == ["archive.zip", "manifest.dsse.json", "receipt.dsse.json"])

                let kept = try await stack.succeed("upload", good.folder, "--wait", "--no-progress")
                #expect(kept.errors.contains("the copy here is kept; the accepted receipt is verified"))
                #expect(files(good).contains("archive.zip"))
                try await verify(good, bad, stack)

                let output = try await stack.succeed("upload", good.folder, "--remove", "--no-progress", "--json")
                let answer = JSONReader(try output.json)
                #expect(try answer["removed"].array().count == 2)
                #expect(answer["receipt"]["status"].value == "accepted")
                #expect(files(good) == ["receipt.dsse.json"])
                try await list(good, bad, stack)
            }
        }

        private func files(_ package: LocalStack.Package) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: package.folder)) ?? []).sorted()
        }

        private func revoke(_ key: String, _ stack: LocalStack) async throws {
            let output = try await stack.succeed("keys", "revoke", "--id", key, "--json")
            let answer = JSONReader(try output.json)
            #expect(answer["state"].value == "revoked")
            #expect(answer["complete"].value == true)
            #expect(answer["threshold"].value == 1)
        }

        /// Offline, with the keyring and the receipts that lie beside the packages.
        private func verify(
            _ good: LocalStack.Package,
            _ bad: LocalStack.Package,
            _ stack: LocalStack
        ) async throws {
            for path in [good.folder, good.folder + "/archive.zip"] {
                let answer = JSONReader(try await stack.succeed("verify", path, "--json").json)
                #expect(answer["package_id"].value == .string(good.id))
                #expect(answer["receipt"]["verified"].value == true)
                #expect(answer["receipt"]["status"].value == "accepted")
            }
            let revoked = try await stack.signalbox("verify", bad.folder)
            #expect(revoked.status == 1 && revoked.errors.contains("key_revoked"))
            // The receipt of another package.
            let receipt = try FileIO.read(good.folder + "/receipt.dsse.json", bytesMax: 1 << 20)
            let third = try await stack.package(of: "robot-1", 3, [])
            #expect(try await stack.succeed("verify", third.folder, "--json").json["receipt"] == .null)
            try FileIO.write(receipt, to: third.folder + "/receipt.dsse.json")
            let foreign = try await stack.signalbox("verify", third.folder)
            #expect(foreign.status == 1 && foreign.errors.contains("wrong_place"), "\(foreign.errors)")
        }

        private func list(
            _ good: LocalStack.Package,
            _ bad: LocalStack.Package,
            _ stack: LocalStack
        ) async throws {
            let all = JSONReader(try await stack.succeed("receipts", "list", "--json").json)
            let entries = try all["receipts"].array()
            // The good one was accepted when it was uploaded first, though nobody here believed its receipt.
            #expect(entries.map { $0["package_id"].value } == [.string(bad.id), .string(good.id)])
            #expect(entries.allSatisfy { $0["verified"].value == true })
            let rejected = try await stack.succeed("receipts", "list", "--status", "rejected", "--robot", "robot-2")
            #expect(rejected.lines.count == 2 && rejected.output.contains("key_revoked"), "\(rejected.output)")
            #expect(rejected.output.contains("verified") && !rejected.output.contains("NOT verified"))
            let none = try await stack.succeed("receipts", "list", "--robot", "robot-9")
            #expect(none.output.isEmpty && none.errors.contains("no receipts"))
        }
    }
}
