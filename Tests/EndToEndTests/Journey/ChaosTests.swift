import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// Events as bad as at-least-once delivery allows.
    @Suite struct ChaosTests {
        /// Every event comes twice, late and out of order; both times it is answered.
        @Test(arguments: ["1", "20", "300"])
        func doubledAndShuffledEventsTrainOnce(seed: String) async throws {
            try await LocalStack.with(["--chaos", seed]) { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, ["--epochs", "2"]))
                try await stack.completedOnce(id)
                try await eventually("every event was answered twice") {
                    let answers = counts(stack.log(of: "gcs-upload")).merging(counts(stack.log(of: "firestore-job"))) {
                        $0 + $1
                    }
                    return answers.count >= 4 && answers.values.allSatisfy { $0 >= 2 }
                }
                try await stack.completedOnce(id)
                let jobs = try await stack.jobs()
                #expect(jobs.count == 1)
            }
        }

        /// How often each event was answered.
        private func counts(_ log: [JSON]) -> [String: Int] {
            let ids = log.compactMap { line -> String? in
                let labels = line["logging.googleapis.com/labels"]
                return labels?["decision"] == nil ? nil : labels?["event_id"]?.stringValue
            }
            return ids.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }

        /// The archive and the manifest of a package may arrive in either order.
        @Test(arguments: ["manifest.dsse.json", "archive.zip"])
        func theHalvesOfAPackageComeInEitherOrder(first: String) async throws {
            try await LocalStack.with { stack in
                let package = try await stack.package(of: "robot-1", 24, ["--epochs", "1"])
                let place = PackageLocation(bucket: "signalbox-staging", robotID: package.robot, packageID: package.id)
                let last = ["manifest.dsse.json", "archive.zip"].first { $0 != first } ?? ""
                try await stack.put(place.object(first), file: package.folder + "/" + first)
                try await eventually("the first half was looked at") {
                    stack.log(of: "gcs-upload").contains { $0["message"] == "done: package_incomplete" }
                }
                #expect(try await stack.jobs().isEmpty)
                try await stack.put(place.object(last), file: package.folder + "/" + last)
                let job = try await eventually("a job is opened") { try await stack.jobs().first }
                try await stack.completedOnce(job.id)
            }
        }
    }
}
