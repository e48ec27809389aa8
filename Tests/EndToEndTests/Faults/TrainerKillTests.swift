import Foundation
import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

extension EndToEnd {
    /// SIGKILL and SIGTERM at random moments of a run, under both engines: each attempt goes on from the newest
    /// checkpoint that its predecessors have kept, and the job ends with the parameters of one that was left alone.
    /// `SIGNALBOX_KILLS=20 swift test --filter TrainerKillTests` stops each of the four runs twenty times.
    @Suite struct TrainerKillTests {
        private static let variable = "SIGNALBOX_KILLS"
        private static let standardKills = 2
        /// A job outlives this many stops and more.
        private static let settings = LocalStack.shortLeases.merging([
            "SIGNALBOX_ATTEMPTS_MAX": "100", "SIGNALBOX_PREEMPTIONS_MAX": "100",
        ]) { $1 }

        /// How the run is stopped.
        enum Stop: String, Sendable, CaseIterable {
            case killed, terminated

            var signal: Int32 { self == .killed ? SIGKILL : SIGTERM }
            var cause: RecoveryCause { self == .killed ? .runEnded : .preempted }
        }

        /// What trains.
        enum Engine: String, Sendable, CaseIterable {
            case xla, command

            /// For `xla` long enough, some 1.6 s, that the budget of checkpoints makes none wait for long, and that
            /// reports tell of steps behind the last one.
            var checkpointEverySteps: Int { self == .xla ? 200 : 20 }
            /// What may be trained while a checkpoint waits for the budget and goes up.
            var uploadStepsMax: Int { checkpointEverySteps / 2 }
            /// From one moment of a stop to the latest: beyond an interval.
            var stopMilliseconds: UInt64 { self == .xla ? 2500 : 1500 }
        }

        @Test(arguments: Engine.allCases, Stop.allCases)
        func theParametersAreThoseOfARunLeftAlone(_ engine: Engine, _ stop: Stop) async throws {
            let text = ProcessInfo.processInfo.environment[Self.variable]
            let kills = text.flatMap { Int($0) } ?? Self.standardKills
            let seed = UInt64(Date().timeIntervalSince1970)
            let random = SeededRandomSource(seed: seed)
            var settings = Self.settings
            let slow = FileManager.default.temporaryDirectory.path + "/signalbox-slow-\(UUID().uuidString)"
            try FileIO.write([], to: slow)
            defer { unlink(slow) }
            if engine == .command {
                settings["SIGNALBOX_TRAINER_COMMAND"] = try await Self.command(slowWhile: "[ -e '\(slow)' ]")
            }
            try await LocalStack.with(settings: settings) { stack in
                let training = try Self.training(engine, kills: kills, in: stack)
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, training))
                var lost: [Int] = []
                // The newest checkpoint that the job had before each attempt.
                var kept = [0]
                for attempt in 1...kills {
                    let delay = random.next() % engine.stopMilliseconds
                    var (told, newest) = try await stopped(id, attempt, stop, after: delay, stack)
                    // What was on its way up as it was stopped may arrive late.
                    try await eventually("attempt \(attempt) is found over") {
                        newest = max(newest, try await newestCheckpoint(of: id, through: attempt, stack))
                        if stop == .killed { _ = try await stack.post("scheduled-prune", ["task": "sweep"]) }
                        let job = try await stack.job(id)
                        try #require(!job.phase.isTerminal, "over in attempt \(attempt) of \(kills): \(job.phase)")
                        guard job.attempt == attempt + 1 else { return false }
                        newest = max(newest, try await newestCheckpoint(of: id, through: attempt, stack))
                        return true
                    }
                    kept.append(newest)
                    lost.append(max(0, told - newest))
                }
                unlink(slow)
                // The more often it is stopped, the longer it is.
                let seconds = EndToEnd.waitSeconds * (1 + kills / 4)
                let job = try await stack.finished(id, withinSeconds: seconds)
                try #require(job.phase == .completed, "seed \(seed): \(String(describing: job.failure))")
                #expect(job.recoveries.map(\.cause) == Array(repeating: stop.cause, count: kills), "seed \(seed)")
                try await wentOn(job, from: kept, stack, seed: seed)
                let most = engine.checkpointEverySteps + engine.uploadStepsMax
                #expect(lost.allSatisfy { $0 <= most }, "seed \(seed): lost \(lost) steps")
                if stop == .terminated { try await lostNothing(job, kept: kept, stack, seed: seed) }
                let alone = try await stack.upload(try await stack.package(of: "robot-2", 24, training))
                let whole = try await stack.finished(alone, withinSeconds: seconds)
                try #require(whole.phase == .completed, "\(String(describing: whole.failure))")
                let (parts, undisturbed) = (try await model(job, stack), try await model(whole, stack))
                #expect(parts == undisturbed, "seed \(seed): the parameters differ")
                print("\(engine) \(stop) \(kills) times; steps lost as far as told \(lost); seed \(seed)")
            }
        }

        /// Stops an attempt at a random moment after it has begun; every other one has kept a checkpoint by then.
        ///
        /// - Returns: the step that was told of it, and that of its newest checkpoint so far: looked at from the first
        ///   moment on, for the next attempt's replace it.
        private func stopped(
            _ id: String,
            _ attempt: Int,
            _ stop: Stop,
            after milliseconds: UInt64,
            _ stack: LocalStack
        ) async throws -> (told: Int, newest: Int) {
            try await eventually("attempt \(attempt) runs") {
                let job = try await stack.job(id)
                try #require(!job.phase.isTerminal, "\(job.phase): \(String(describing: job.failure))")
                return job.attempt == attempt && job.phase == .running
            }
            if !attempt.isMultiple(of: 2) {
                try await eventually("attempt \(attempt) has kept a checkpoint") {
                    try await !stack.checkpoints(of: id, attempt: attempt).isEmpty
                }
            }
            try await Task.sleep(for: .milliseconds(Int64(milliseconds)))
            let leader = try stack.leader(ofRun: RunOrder.name(jobID: id, attempt: attempt))
            // Afterwards it may be the next attempt's already.
            let told = try await stack.job(id).progress?.step ?? 0
            // The whole session: the trainer and the shell that would note its exit status.
            try #require(kill(-leader, stop.signal) == 0)
            var newest = 0
            try await eventually("attempt \(attempt) is gone") {
                newest = max(newest, try await newestCheckpoint(of: id, through: attempt, stack))
                return kill(leader, 0) != 0 && errno == ESRCH
            }
            return (told, newest)
        }

        private func newestCheckpoint(of id: String, through attempt: Int, _ stack: LocalStack) async throws -> Int {
            var steps = [0]
            for earlier in 1...attempt { steps += try await stack.checkpoints(of: id, attempt: earlier) }
            return steps.max() ?? 0
        }

        /// Each attempt that was asked to stop has kept all the steps that its record tells of.
        private func lostNothing(_ job: Job, kept: [Int], _ stack: LocalStack, seed: UInt64) async throws {
            let record = JSONReader(try JSON(parsing: try await stack.text("logs/\(job.id)/run.json")))
            for entry in try record["attempts"].array() {
                let attempt = try entry["attempt"].int()
                guard attempt < kept.count, let last = try entry["last_step"].optional?.int() else { continue }
                #expect(last <= kept[attempt], "seed \(seed): attempt \(attempt) kept \(kept[attempt]) of \(last)")
            }
        }

        /// Each attempt went on from exactly the newest checkpoint that those before it had kept.
        private func wentOn(_ job: Job, from kept: [Int], _ stack: LocalStack, seed: UInt64) async throws {
            try #require(job.attempt == kept.count)
            #expect(kept == kept.sorted(), "seed \(seed): checkpoints kept \(kept)")
            #expect((kept.last ?? 0) > 0, "seed \(seed): nothing was ever kept")
            for attempt in 2...job.attempt {
                let name = "logs/\(job.id)/trainer-attempt-\(attempt).log"
                // One that was killed at once has not stored a log.
                guard try await stack.names(under: name) == [name] else { continue }
                let log = try await stack.text(name)
                let mark = "\"resuming from step "
                let step = log.components(separatedBy: mark).dropFirst().first.map { text in
                    Int(text.prefix { $0.isNumber }) ?? 0
                }
                let newest = kept[attempt - 1]
                // One that is stopped while it loads has not come so far as to say where it goes on from.
                guard step != nil || attempt == job.attempt else { continue }
                #expect((step ?? 0) == newest, "seed \(seed): attempt \(attempt) began at \(step ?? 0), not \(newest)")
            }
        }

        private func model(_ job: Job, _ stack: LocalStack) async throws -> [UInt8] {
            let result = try #require(job.result)
            let uri = try #require(ObjectName(uri: result.modelURI + "model.safetensors"))
            return try await stack.objects().bytes(of: uri, bytesMax: 64 << 20).bytes
        }

        static func training(_ engine: Engine, kills: Int = 0, in stack: LocalStack) throws -> [String] {
            guard engine == .command else {
                // More than all attempts have time for.
                let epochs = "\(200 + 60 * kills)"
                return ["--epochs", epochs, "--checkpoint-every-steps", "\(engine.checkpointEverySteps)"]
            }
            let arguments = [
                "--data-path", "{data_path}", "--output-dir", "{output_dir}", "--batch-size", "{batch_size}",
                "--num-steps", "{num_steps}", "--learning-rate", "{learning_rate}", "--checkpoint-every-steps",
                "\(engine.checkpointEverySteps)",
            ]
            let config: JSON = [
                "model_type": "command", "num_steps": 1000, "arguments": .array(arguments.map(JSON.string)),
            ]
            let file = stack.work / "training.json"
            try FileIO.write(config.bytes, to: file)
            return ["--training", file]
        }

        /// The deployment's training program.
        static func command(slowWhile condition: String) async throws -> String {
            CommandTrainerTests.command(
                try await CommandTrainerTests.testPython(),
                "\(Repository.root)/docs/examples/train_sklearn.py",
                slowWhile: condition
            )
        }
    }
}
