import Foundation
import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

extension EndToEnd {
    /// SIGKILL at random moments of everything that lives while jobs are trained: functions, trainers, and the local
    /// cloud itself with its stores. `SIGNALBOX_KILLS=100 swift test --filter RandomKillTests` kills a hundred times.
    @Suite struct RandomKillTests {
        private static let variable = "SIGNALBOX_KILLS"
        private static let standardKills = 10
        private static let killsOfAJob = 10
        /// A job outlives this many losses of its trainer and more.
        private static let settings = LocalStack.shortLeases.merging(["SIGNALBOX_ATTEMPTS_MAX": "100"]) { $1 }
        private static let training = ["--epochs", "60", "--checkpoint-every-steps", "20"]

        /// What is killed, and how often.
        private enum Victim: String, CaseIterable {
            case upload = "gcs-upload"
            case dispatch = "firestore-job"
            case schedule = "scheduled-prune"
            case trainer
            case cloud
        }

        @Test func everyJobIsTrainedOnceWhateverIsKilled() async throws {
            let text = ProcessInfo.processInfo.environment[Self.variable]
            let kills = text.flatMap { Int($0) } ?? Self.standardKills
            let seed = UInt64(Date().timeIntervalSince1970)
            let random = SeededRandomSource(seed: seed)
            try await LocalStack.with(settings: Self.settings) { stack in
                var killed: [String: Int] = [:]
                var jobs: Set<String> = []
                for round in 0..<max(1, kills / Self.killsOfAJob) {
                    let package = try await stack.package(of: "robot-\(round)", 24, Self.training)
                    let upload = try stack.start(["upload", package.folder, "--wait", "--no-progress"])
                    var hits = 0
                    // Something that has just been killed is not there to be killed again: another try.
                    for _ in 0..<3 * Self.killsOfAJob where hits < Self.killsOfAJob {
                        try await Task.sleep(for: .milliseconds(100 + Int64(random.next() % 1500)))
                        let victim = Victim.allCases[Int(random.next() % UInt64(Victim.allCases.count))]
                        guard try await kill(victim, stack) else { continue }
                        killed[victim.rawValue, default: 0] += 1
                        hits += 1
                    }
                    #expect(hits == Self.killsOfAJob, "seed \(seed)")
                    _ = try await upload.wait("the upload")
                    try await sweepUntilFinished(stack)
                    jobs.formUnion(try await stack.jobs().map(\.id))
                    #expect(jobs.count == round + 1, "seed \(seed)")
                }
                try await trainedOnce(jobs, stack, seed: seed)
                print("killed: \(killed.sorted { $0.key < $1.key }); jobs completed: \(jobs.count); seed \(seed)")
            }
        }

        private func trainedOnce(_ jobs: Set<String>, _ stack: LocalStack, seed: UInt64) async throws {
            for id in jobs {
                let job = try await stack.job(id)
                try #require(job.phase == .completed, "seed \(seed): \(String(describing: job.failure))")
                let result = try #require(job.result)
                let published = try await stack.versions(of: result.modelName).filter {
                    $0.fields["state"] == .string("published") && $0.fields["job_id"] == .string(id)
                }
                #expect(published.count == 1, "seed \(seed): \(id) was trained \(published.count) times")
                #expect(try await stack.measuredSteps(of: id) == Array(1...result.steps), "seed \(seed)")
            }
        }

        private func kill(_ victim: Victim, _ stack: LocalStack) async throws -> Bool {
            switch victim {
            case .upload, .dispatch, .schedule: return try stack.kill(victim.rawValue)
            case .cloud:
                try await stack.kill()
                try await stack.up()
                return true
            case .trainer:
                // The whole session: the trainer and the shell that would note its exit status.
                guard let job = try await stack.jobs().first(where: { $0.phase == .running }),
                    let leader = try? stack.leader(ofRun: RunOrder.name(jobID: job.id, attempt: job.attempt))
                else { return false }
                return Glibc.kill(-leader, SIGKILL) == 0
            }
        }

        /// The schedule's sweep, more often than every minute.
        private func sweepUntilFinished(_ stack: LocalStack) async throws {
            try await eventually("all jobs are over") {
                _ = try? await stack.post("scheduled-prune", ["task": "sweep"])
                let jobs = try await stack.jobs()
                return !jobs.isEmpty && jobs.allSatisfy(\.phase.isTerminal)
            }
        }
    }
}
