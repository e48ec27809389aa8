import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// The whole of it with a Slurm cluster as its compute: the same functions, the same trainer, one setting changed.
    @Suite(.serialized, .slurmCluster, .enabled(if: SlurmCluster.canStart, SlurmCluster.whyNot))
    struct SlurmPreemptionTests {
        private static let training = ["--epochs", "150", "--checkpoint-every-steps", "40"]
        private static let endlessTraining = ["--epochs", "100000", "--checkpoint-every-steps", "40"]

        private func settings(_ cluster: SlurmCluster) throws -> [String: String] {
            cluster.variables.merging([
                "SIGNALBOX_SLURM_TRAINER": try Repository.program("trainer"),
                "SIGNALBOX_LADDER": "slurm/-/gpu:1/spot",
            ]) { $1 }
        }

        @Test func aPreemptedRunCheckpointsAndItsJobGoesOnWhenThereIsRoomAgain() async throws {
            let cluster = try #require(SlurmCluster.current)
            try await LocalStack.with(settings: try settings(cluster)) { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.training))
                try await eventually("the trainer has kept a checkpoint") {
                    let job = try await stack.job(id)
                    try #require(!job.phase.isTerminal, "\(job.phase): \(String(describing: job.failure))")
                    return try await stack.checkpoints(of: id).contains { $0 > 0 }
                }
                let submitted = SystemClock().now()
                let priority = try await cluster.occupy()
                let waiting: Job = try await eventually("the next attempt waits in the queue") {
                    let job = try await stack.job(id)
                    return job.attempt == 2 && job.phase == .launched ? job : nil
                }
                #expect(waiting.recoveries.map(\.cause) == [.preempted])
                #expect(waiting.recoveries.first?.place?.provisioning == .spot)
                #expect(waiting.canaryPassed == true)
                // Now, for the next attempt keeps newer ones in its place.
                let saved = try #require(try await stack.checkpoints(of: id).last)
                let queue = try await cluster.command("squeue", "--noheader", "--states=PENDING", "--format=%j")
                #expect(queue == RunOrder.name(jobID: id, attempt: 2))
                let released = SystemClock().now()
                try await cluster.release(priority)
                let job = try await stack.finished(id)
                try #require(job.phase == .completed, "\(String(describing: job.failure))")
                #expect(job.attempt == 2)
                let result = try #require(job.result)
                #expect(try await stack.measuredSteps(of: id) == Array(1...result.steps))
                let log = try await stack.text("logs/\(id)/trainer-attempt-2.log")
                #expect(log.contains("\"resuming from step \(saved)\""), "\(log)")
                #expect(try await stack.versions(of: result.modelName).count == 1)
                try await tell(job, saved, submitted: submitted, released: released, stack)
            }
        }

        @Test func aCancelledJobLeavesNothingOnTheCluster() async throws {
            let cluster = try #require(SlurmCluster.current)
            try await LocalStack.with(settings: try settings(cluster)) { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.endlessTraining))
                try await eventually("the trainer runs") { try await stack.job(id).phase == .running }
                _ = try await stack.succeed("jobs", "cancel", id)
                #expect(try await stack.finished(id).failure?.code == .cancelled)
                try await eventually("the cluster is empty") {
                    try await cluster.command("squeue", "--noheader", "--format=%j").isEmpty
                }
            }
        }

        /// The times of the drill, for those who read the test's output.
        private func tell(
            _ job: Job,
            _ saved: Int,
            submitted: Timestamp,
            released: Timestamp,
            _ stack: LocalStack
        ) async throws {
            func seconds(_ time: Timestamp, since start: Timestamp) -> String {
                (time - start).formatted(.units(allowed: [.seconds], fractionalPart: .show(length: 1)))
            }
            /// When an attempt said something last, and of which step, 0 where it names none.
            func told(_ message: String, attempt: Int) async throws -> (time: Timestamp, step: Int)? {
                let log = try await stack.text("logs/\(job.id)/trainer-attempt-\(attempt).log")
                guard let line = log.split(separator: "\n").last(where: { $0.contains(message) }) else { return nil }
                let entry = try JSON(parsing: Array(line.utf8))
                let step = entry["message"]?.stringValue?.dropFirst(message.count + 1).prefix { $0.isNumber }
                guard let time = entry["time"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else { return nil }
                return (time, step.flatMap { Int($0) } ?? 0)
            }
            let seen = try #require(try await told("asked to stop: terminated", attempt: 1))
            let stored = try #require(try await told("checkpoint at step", attempt: 1))
            let resumed = try #require(try await told("resuming from step", attempt: 2))
            // The first attempt stopped in order: what it stored is the last step that it made.
            let lost = stored.step - resumed.step
            #expect(stored.step > 0 && lost == 0)
            let given = try #require(job.recoveries.first).at
            print(
                "preemption: notice seen \(seconds(seen.time, since: submitted)) after the priority job was submitted,"
                    + " checkpoint of step \(saved) stored after \(seconds(stored.time, since: submitted)),"
                    + " attempt given up after \(seconds(given, since: submitted)); resumed"
                    + " \(seconds(resumed.time, since: released)) after that job ended; steps lost: \(lost)"
            )
        }
    }
}
