import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// Trainers that are killed, taken back and cancelled.
    @Suite struct TrainerLossTests {
        /// Long enough to be hit in its midst, with a checkpoint every few steps.
        private static let training = ["--epochs", "150", "--checkpoint-every-steps", "40"]
        private static let endlessTraining = ["--epochs", "100000", "--checkpoint-every-steps", "40"]

        @Test func aKilledTrainerIsReplacedAndGoesOnFromItsNewestCheckpoint() async throws {
            try await LocalStack.with(settings: LocalStack.shortLeases) { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.training))
                let leader = try await leaderOfTraining(id, stack)
                // The whole session: the trainer and the shell that would note its exit status.
                try #require(kill(-leader, SIGKILL) == 0)
                try await eventually("the trainer is gone") { kill(leader, 0) != 0 && errno == ESRCH }
                // Now, for the next attempt keeps newer ones in its place.
                let newest = try #require(try await stack.checkpoints(of: id).last)
                try await eventually("the sweep finds the trainer lost") {
                    _ = try await stack.post("scheduled-prune", ["task": "sweep"])
                    return try await stack.job(id).attempt == 2
                }
                let job = try await stack.finished(id)
                try #require(job.phase == .completed, "\(String(describing: job.failure))")
                #expect(job.attempt == 2)
                #expect(job.recoveries.map(\.attempt) == [1])
                #expect(job.recoveries.first?.cause == .runEnded)
                #expect(job.recoveries.first?.evidence.contains("vanished without an exit status") == true)
                try await wentOn(job, from: newest, stack)
            }
        }

        /// It stood still until its tier had forgotten it, and another attempt had begun.
        @Test func aTrainerThatComesBackStopsAndWritesNothing() async throws {
            try await LocalStack.with(settings: LocalStack.shortLeases) { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.endlessTraining))
                let leader = try await leaderOfTraining(id, stack)
                try #require(kill(-leader, SIGSTOP) == 0)
                let run = "\(stack.state)/runs/\(RunOrder.name(jobID: id, attempt: 1))"
                let forgotten = stack.work / "forgotten"
                try #require(rename(run, forgotten) == 0)
                try await eventually("the next attempt trains") {
                    _ = try await stack.post("scheduled-prune", ["task": "sweep"])
                    return try await !stack.checkpoints(of: id, attempt: 2).isEmpty
                }
                #expect(try await stack.job(id).recoveries.map(\.cause) == [.runGone])
                let before = try await written(id, attempt: 1, stack)
                try #require(!before.isEmpty)
                let kept = Set(try await stack.checkpoints(of: id, attempt: 1))
                try #require(kill(-leader, SIGCONT) == 0)
                try await eventually("the trainer stops by itself") { kill(leader, 0) != 0 && errno == ESRCH }
                let log = String(decoding: try FileIO.read(forgotten + "/log", bytesMax: 64 << 20), as: UTF8.self)
                #expect(log.contains("stale_attempt: the job is not this attempt's"), "\(log.suffix(2000))")
                #expect(try await written(id, attempt: 1, stack) == before)
                // The next attempt's retention may have removed some, none is new.
                #expect(kept.isSuperset(of: try await stack.checkpoints(of: id, attempt: 1)))
                _ = try await stack.succeed("jobs", "cancel", id)
                #expect(try await stack.finished(id).failure?.code == .cancelled)
                #expect(try await stack.job(id).attempt == 2)
                let last = try #require(try await stack.checkpoints(of: id, attempt: 2).last)
                #expect(try await stack.measuredSteps(of: id) == Array(1...last))
            }
        }

        /// The logs that an attempt has written, each with its generation.
        private func written(_ id: String, attempt: Int, _ stack: LocalStack) async throws -> [String: Int64] {
            let (bucket, objects) = (LocalStack.layout.trainingBucket, try stack.objects())
            let found = try await objects.listAll(bucket: bucket, prefix: "logs/\(id)/")
            let own = found.filter { $0.name.name.contains("attempt-\(attempt)") }
            return Dictionary(own.map { ($0.name.name, $0.generation) }) { first, _ in first }
        }

        @Test func aTrainerThatIsTakenBackCheckpointsAndItsJobGoesOn() async throws {
            try await LocalStack.with { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.training))
                let leader = try await leaderOfTraining(id, stack)
                try #require(kill(-leader, SIGTERM) == 0)
                let job = try await stack.finished(id)
                try #require(job.phase == .completed, "\(String(describing: job.failure))")
                #expect(job.attempt == 2)
                #expect(job.recoveries.map(\.cause) == [.preempted])
                let status = try exitStatus(ofRun: RunOrder.name(jobID: id, attempt: 1), stack)
                try #require(status == "75")
                let log = try await stack.text("logs/\(id)/trainer-attempt-1.log")
                let told = try #require(log.components(separatedBy: "\"checkpoint at step ").last)
                try await wentOn(job, from: try #require(Int(told.prefix { $0.isNumber })), stack)
            }
        }

        @Test func aCancelledTrainerKeepsItsLastStepAndARetryGoesOnFromThere() async throws {
            try await LocalStack.with { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.endlessTraining))
                let leader = try await leaderOfTraining(id, stack)
                _ = try await stack.succeed("jobs", "cancel", id)
                let watched = try await stack.signalbox("status", id, "--watch", "--interval", "0.2")
                #expect(watched.status == 1)
                #expect(watched.errors.contains("job_failed") && watched.errors.contains("cancelled"))
                let job = try await stack.job(id)
                #expect(job.phase == .failed)
                #expect(job.failure?.code == .cancelled)
                #expect(job.failure?.message == "cancelled on request; the newest checkpoint is kept")
                #expect(job.attempt == 1)
                #expect(job.recoveries.map(\.evidence) == ["the trainer checkpointed and stopped: requested"])
                try await eventually("the trainer is gone") { kill(leader, 0) != 0 && errno == ESRCH }
                let status = try exitStatus(ofRun: RunOrder.name(jobID: id, attempt: 1), stack)
                try #require(status == "75")
                // Not a step that it did is lost.
                let step = try #require(try await stack.checkpoints(of: id).last)
                #expect(try await stack.measuredSteps(of: id) == Array(1...step))
                let again = try await stack.signalbox("jobs", "cancel", id)
                #expect(again.status == 1)
                #expect(again.errors.contains("job_over"))
                #expect(try await stack.versions(of: "metaworld-reach-v3-wavecore").isEmpty)
                try await retries(id, from: step, stack)
            }
        }

        /// Opens a cancelled job anew, sees it train on from a step, and cancels it again.
        private func retries(_ id: String, from step: Int, _ stack: LocalStack) async throws {
            _ = try await stack.succeed("jobs", "retry", id)
            try await eventually("the second attempt has kept a checkpoint") {
                let job = try await stack.job(id)
                try #require(!job.phase.isTerminal, "\(job.phase): \(String(describing: job.failure))")
                return try await stack.checkpoints(of: id, attempt: 2).contains { $0 > step }
            }
            _ = try await stack.succeed("jobs", "cancel", id)
            #expect(try await stack.finished(id).failure?.code == .cancelled)
            let log = try await stack.text("logs/\(id)/trainer-attempt-2.log")
            #expect(log.contains("\"resuming from step \(step)\""), "\(log)")
            let last = try #require(try await stack.checkpoints(of: id, attempt: 2).last)
            #expect(try await stack.measuredSteps(of: id) == Array(1...last))
        }

        /// Waits until a trainer has kept a checkpoint; it has most of its steps to go then.
        private func leaderOfTraining(_ id: String, _ stack: LocalStack) async throws -> pid_t {
            try await eventually("the trainer has kept checkpoints") {
                let job = try await stack.job(id)
                try #require(!job.phase.isTerminal, "\(job.phase): \(String(describing: job.failure))")
                guard try await stack.checkpoints(of: id).first != nil else { return false }
                // What goes up after the first one.
                return try await !stack.names(under: "logs/\(id)/trainer-attempt-1.log").isEmpty
            }
            return try stack.leader(ofRun: RunOrder.name(jobID: id, attempt: 1))
        }

        /// The second attempt continued from the first one's newest checkpoint, and the curve tells every step once.
        private func wentOn(_ job: Job, from step: Int, _ stack: LocalStack) async throws {
            let log = try await stack.text("logs/\(job.id)/trainer-attempt-2.log")
            #expect(log.contains("\"resuming from step \(step)\""), "\(log)")
            let steps = try #require(job.result).steps
            #expect(step < steps)
            #expect(try await stack.measuredSteps(of: job.id) == Array(1...steps))
            let logs = try await stack.names(under: "logs/\(job.id)/events.out.tfevents.")
            #expect(logs.count == 2)
            #expect(stack.runs() == [1, 2].map { RunOrder.name(jobID: job.id, attempt: $0) })
            let published = try await stack.versions(of: try #require(job.result).modelName)
                .filter { $0.fields["state"] == .string("published") }
            #expect(published.count == 1)
        }

        private func exitStatus(ofRun name: String, _ stack: LocalStack) throws -> String {
            let bytes = try FileIO.read("\(stack.state)/runs/\(name)/exit", bytesMax: 4096)
            return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        }
    }
}
