import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// The way of a package, from the robot's folder to the robot's installed model.
    @Suite struct JourneyTests {
        @Test func aPackageBecomesAModelThatIsDownloaded() async throws {
            try await LocalStack.with { stack in
                let package = try await stack.package(
                    of: "robot-1",
                    24,
                    ["--model-name", "reach", "--epochs", "3", "--checkpoint-every-steps", "8"]
                )
                let id = try await stack.upload(package)
                try await watch(id, stack)
                try await lookAtDocument(id, package, stack)
                try await lookAtObjects(id, stack)
                try await download(stack)
                try await uploadAgain(package, id, stack)
                try await uploadDamaged(stack)
                try await prune(id, stack)
            }
        }

        private func watch(_ id: String, _ stack: LocalStack) async throws {
            let watched = try await stack.succeed("status", id, "--watch", "--interval", "0.2")
            let last = try #require(watched.lines.last)
            try #require(last.contains("completed") && last.contains("reach v1"), "\(watched.output)")
            let listed = try await stack.succeed("jobs", "list", "--json")
            let jobs = try JSONReader(listed.json)["jobs"].array()
            try #require(jobs.count == 1)
            try #require(jobs[0]["job_id"].value == .string(id))
            try #require(jobs[0]["status"].value == "completed")
        }

        /// The fields of the public contract, as they stand in the document itself.
        private func lookAtDocument(_ id: String, _ package: LocalStack.Package, _ stack: LocalStack) async throws {
            let stored = try #require(try await stack.documents().get(Job.path(of: id)))
            let document = stored.reader
            #expect(document["status"].value == "completed")
            #expect(document["robot_id"].value == .string(package.robot))
            #expect(document["package_id"].value == .string(package.id))
            #expect(document["config"]["epochs"].value == 3)
            let episodes = try document["episodes_uri"].string()
            #expect(episodes.hasPrefix("gs://signalbox-training/datasets/\(package.id)/"))
            #expect(try document["updated_at"].timestamp() > document["created_at"].timestamp())
            let result = document["result"]
            #expect(result["model_uri"].value == "gs://signalbox-training/models/reach/v1/")
            let (initial, final) = (try result["initial_loss"].double(), try result["final_loss"].double())
            #expect(final > 0 && final < initial, "the loss went from \(initial) to \(final)")
            #expect(try result["training_time_s"].double() > 0)
            try await stack.completedOnce(id)
        }

        private func lookAtObjects(_ id: String, _ stack: LocalStack) async throws {
            let steps = try #require(try await stack.job(id).result).steps
            let logs = try await stack.names(under: "logs/\(id)/").compactMap { $0.split(separator: "/").last }
            #expect(logs.contains { $0.hasPrefix("events.out.tfevents.") })
            #expect(logs.contains("trainer-attempt-1.log"))
            #expect(try await stack.measuredSteps(of: id) == Array(1...steps))
            #expect(try await stack.checkpoints(of: id).last == steps)
            let model = try await stack.names(under: "models/reach/v1/")
            let calibration = ["calibration.json", "calibration.safetensors"]
            let files = calibration + ["manifest.dsse.json", "model.json", "model.safetensors"]
            #expect(model.sorted() == files.map { "models/reach/v1/" + $0 })
            let plot = try await stack.succeed("logs", id, "--plot")
            #expect(plot.output.contains("training loss"))
        }

        private func download(_ stack: LocalStack) async throws {
            let listed = try await stack.succeed("models", "list", "--json")
            #expect(try JSONReader(listed.json)["models"].array().count == 1)
            let folder = stack.work / "model"
            let output = try await stack.succeed("download", "reach", "--out", folder, "--no-progress", "--json")
            for file in try JSONReader(output.json)["files"].array() {
                let bytes = try FileIO.read(try file["path"].string(), bytesMax: 64 << 20)
                #expect(SHA256.digest(of: bytes).hex == (try file["sha256"].string()))
            }
            #expect(FileManager.default.fileExists(atPath: folder + "/model.safetensors"))
            let again = try await stack.succeed("download", "reach@v1", "--out", folder, "--no-progress", "--json")
            #expect(try again.json["was_present"] == true)

            // One byte of the model as the registry keeps it is another one now.
            let name = LocalStack.layout.model("reach", version: 1, file: "model.safetensors")
            let good = try await stack.objects().bytes(of: name, bytesMax: 64 << 20).bytes
            var bad = good
            bad[bad.count / 2] ^= 1
            try await stack.replace(name, bad)
            let refused = try await stack.signalbox("download", "reach", "--out", stack.work / "bad", "--no-progress")
            #expect(refused.status == 1)
            #expect(!FileManager.default.fileExists(atPath: stack.work / "bad"))
            try await stack.replace(name, good)
        }

        private func uploadAgain(_ package: LocalStack.Package, _ id: String, _ stack: LocalStack) async throws {
            #expect(try await stack.upload(again: package) == id)
            try await stack.completedOnce(id)
            #expect(try await stack.jobs().count == 1)
        }

        private func uploadDamaged(_ stack: LocalStack) async throws {
            let package = try await stack.package(of: "robot-2", 3, [])
            let path = package.folder + "/archive.zip"
            var archive = try FileIO.read(path, bytesMax: 64 << 20)
            archive[archive.count / 2] ^= 1
            try FileIO.write(archive, to: path)
            let output = try await stack.signalbox("upload", package.folder, "--wait", "--no-progress")
            #expect(output.status == 1)
            let code = try #require(output.lines.first?.split(separator: " ").last.map(String.init))
            #expect(output.lines == ["refused  \(code)"])
            #expect(["archive_digest", "archive_malformed", "member_digest"].contains(code), "\(output.errors)")
            #expect(output.errors.contains("package_refused: \(code)"))

            let key = try Ed25519PublicKey(pem: try text(ofFile: stack.state + "/keys/intake.pub.pem"))
            let kept = try await stack.names(under: "rejections/\(package.id)/")
            let receipt = LocalStack.layout.object(try #require(kept.first))
            let bytes = try await stack.objects().bytes(of: receipt, bytesMax: Receipt.envelopeBytesMax).bytes
            #expect(try Receipt(verifying: bytes, key: key).code?.rawValue == code)
            let own = try FileIO.read(package.folder + "/receipt.dsse.json", bytesMax: Receipt.envelopeBytesMax)
            #expect(try Receipt(verifying: own, key: key).status == .rejected)
            #expect(try await stack.names(under: "datasets/\(package.id)/").isEmpty)
            #expect(try await stack.jobs().count == 1)
        }

        /// What a dry run lists is what a real one removes.
        private func prune(_ id: String, _ stack: LocalStack) async throws {
            let before = Set(try await stack.names(under: ""))
            let planned = try await stack.post("scheduled-prune", ["task": "prune", "dry_run": true])
            let removals = try planned["removals"].array()
            let plan = Set(try removals.map { try $0["uri"].string().replacing("gs://signalbox-training/", with: "") })
            #expect(removals.allSatisfy { $0["reason"].value == "checkpoint_superseded" })
            let newest = try #require(try await stack.checkpoints(of: id).last)
            let superseded = before.filter { $0.hasPrefix("checkpoints/") && !$0.contains("\(newest)/") }
            #expect(!superseded.isEmpty)
            #expect(plan == superseded)
            #expect(Set(try await stack.names(under: "")) == before)

            let pruned = try await stack.post("scheduled-prune", ["task": "prune", "dry_run": false])
            #expect(pruned["removed"].value == .integer(Int64(plan.count)))
            #expect(Set(try await stack.names(under: "")) == before.subtracting(plan))
            let rest = try await stack.succeed("prune", "--dry-run", "--json")
            #expect(try rest.json["objects"] == 0)
        }

        private func text(ofFile path: String) throws -> String {
            String(decoding: try FileIO.read(path, bytesMax: 1 << 20), as: UTF8.self)
        }
    }
}
