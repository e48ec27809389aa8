import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// Functions that are killed again and again while they work, under `local up`, which starts them again and
    /// delivers their events again.
    @Suite struct FunctionKillTests {
        /// From one kill to the next: about as long as a function needs to start and get into its work.
        private static let pauses: [Duration] = [.milliseconds(100), .milliseconds(170), .milliseconds(250)]
        /// A kill makes the next start slower, so a few are enough to be hit in the midst of everything.
        private static let kills = 6

        @Test func killedFunctionsFinishTheirWorkOnce() async throws {
            try await LocalStack.with(settings: LocalStack.shortLeases) { stack in
                let package = try await stack.package(
                    of: "robot-1",
                    24,
                    ["--epochs", "20", "--checkpoint-every-steps", "20"]
                )
                let upload = try stack.start(["upload", package.folder, "--wait", "--no-progress"])
                try await kill("gcs-upload", stack)
                let job = try await eventually("the job is opened") { try await stack.jobs().first }
                try await kill("firestore-job", stack)
                try #require(try await upload.wait("the upload") == .exit(0), "\(upload.errors)")
                try #require(upload.output == "accepted  \(job.id)\n")
                try await sweepUntilFinished(job.id, stack)
                try await stack.completedOnce(job.id)
                #expect(try await stack.jobs().count == 1)
                #expect(try await stack.names(under: "datasets/").count == 2)
                try await prune(job.id, stack)
            }
        }

        /// A prune that is killed leaves nothing but less to do.
        private func prune(_ id: String, _ stack: LocalStack) async throws {
            let before = Set(try await stack.names(under: ""))
            let newest = try #require(try await stack.checkpoints(of: id).last)
            let superseded = before.filter { $0.hasPrefix("checkpoints/") && !$0.contains("\(newest)/") }
            // A trainer leaves its last three, each of two objects; on a busy machine it has kept fewer.
            try #require(superseded.count >= 2)
            let killing = Task { try await kill("scheduled-prune", stack) }
            try await eventually("a prune comes to its end") {
                // A call to a function that is killed fails; the schedule makes it again.
                let answer = try? await stack.post("scheduled-prune", ["task": "prune"])
                return answer?["code"].value == "pruned" && answer?["objects"].value == 0
            }
            try await killing.value
            #expect(Set(try await stack.names(under: "")) == before.subtracting(superseded))
        }

        private func kill(_ function: String, _ stack: LocalStack) async throws {
            for index in 0..<Self.kills {
                try await eventually("\(function) runs and is killed") { try stack.kill(function) }
                try await Task.sleep(for: Self.pauses[index % Self.pauses.count])
            }
        }

        /// The schedule's sweep, more often than every minute.
        private func sweepUntilFinished(_ id: String, _ stack: LocalStack) async throws {
            try await eventually("\(id) is over") {
                _ = try? await stack.post("scheduled-prune", ["task": "sweep"])
                return try await stack.job(id).phase.isTerminal
            }
        }
    }
}
