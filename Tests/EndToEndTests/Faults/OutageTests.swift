import Foundation
import LocalCloud
import SignalboxCore
import Synchronization
import Testing
import Wire

extension EndToEnd {
    /// Stores that answer 503 for a while. `SIGNALBOX_OUTAGE_SECONDS=120 swift test --filter OutageTests` keeps the
    /// bucket away for two minutes.
    @Suite struct OutageTests {
        /// The switch, and how many requests it refused.
        private final class Outage: Sendable {
            private let state: Mutex<(isDown: Bool, refused: Int)>

            init(isDown: Bool) { state = Mutex((isDown, 0)) }

            var refused: Int { state.withLock { $0.refused } }

            func begin() { state.withLock { $0 = (true, 0) } }

            func end() { state.withLock { $0.isDown = false } }

            func verdict() -> FaultProxy.Verdict {
                state.withLock { state in
                    guard state.isDown else { return .pass }
                    state.refused += 1
                    return .unavailable
                }
            }
        }

        /// The functions meet it first, then the trainer too.
        @Test func aJobOutlivesAnOutageOfFirestore() async throws {
            try await FunctionBench.with { bench in
                let outage = Outage(isDown: true)
                let proxy = try FaultProxy(to: bench.port, onRequest: { _ in outage.verdict() })
                defer { proxy.stop() }
                let functions = try await serve(bench, try bench.environment(firestore: proxy.host))
                let config = JobConfig(modelName: "reach", epochs: 60, checkpointEverySteps: 80)
                let place = try await bench.stage(robot: "robot-1", episodes: Repository.episodes, training: config)
                try await eventually("the intake meets the outage") { outage.refused >= 3 }
                #expect(try await jobs(bench).isEmpty)
                outage.end()
                let id = try await running(bench).id
                outage.begin()
                try await eventually("the trainer meets the outage") { outage.refused >= 3 }
                outage.end()
                let job = try await completedOnce(bench)
                #expect(job.id == id)
                #expect(job.packageID == place.packageID)
                try await stop(functions)
            }
        }

        /// The trainer goes on, keeps its newest checkpoint, and stores all of it late.
        @Test func aTrainerOutlivesAnOutageOfTheBucket() async throws {
            let text = ProcessInfo.processInfo.environment["SIGNALBOX_OUTAGE_SECONDS"]
            let seconds = text.flatMap { Int($0) } ?? 5
            try await FunctionBench.with { bench in
                let outage = Outage(isDown: false)
                let proxy = try FaultProxy(to: bench.port, onRequest: { _ in outage.verdict() })
                defer { proxy.stop() }
                let functions = try await serve(bench, try bench.environment(storage: proxy.host))
                let config = JobConfig(modelName: "reach", epochs: 120 + 40 * seconds, checkpointEverySteps: 80)
                _ = try await bench.stage(robot: "robot-1", episodes: Repository.episodes, training: config)
                try await eventually("it trains") { (try await jobs(bench).first?.progress?.step ?? 0) > 0 }
                outage.begin()
                try await eventually("the trainer meets the outage") { outage.refused >= 1 }
                let before = try await jobs(bench).first?.progress?.step ?? 0
                try await Task.sleep(for: .seconds(seconds))
                try await eventually("it goes on") { (try await jobs(bench).first?.progress?.step ?? 0) > before + 80 }
                outage.end()
                // The run has epochs for a fast machine that trains all along.
                let job = try await completedOnce(bench, withinSeconds: EndToEnd.waitSeconds + 10 * seconds)
                let metrics = LocalStack.layout.object("logs/\(job.id)/metrics.jsonl")
                let curve = try await bench.objects.bytes(of: metrics, bytesMax: 64 << 20).bytes
                let losses = String(decoding: curve, as: UTF8.self).split(separator: "\n").filter { line in
                    line.contains("\"loss\"")
                }
                #expect(losses.count == job.result?.steps)
                try await stop(functions)
            }
        }

        private func serve(_ bench: FunctionBench, _ environment: [String: String]) async throws -> [ChildProcess] {
            let (intake, intakeURL) = try await bench.serve("gcs-upload", environment)
            let (dispatch, dispatchURL) = try await bench.serve("firestore-job", environment)
            try await bench.cloud.setSubscriptions([
                EventSubscription(
                    name: "gcs-upload",
                    filter: .objects(bucket: LocalStack.layout.stagingBucket, .finalized),
                    url: intakeURL
                ),
                EventSubscription(
                    name: "firestore-job",
                    filter: .documents(pattern: "\(Job.collection)/{job}", .written),
                    url: dispatchURL
                ),
            ])
            return [intake, dispatch]
        }

        private func stop(_ functions: [ChildProcess]) async throws {
            for child in functions {
                child.signal(15)
                #expect(try await child.wait("a function") == .exit(0))
            }
        }

        private func running(_ bench: FunctionBench) async throws -> Job {
            try await eventually("the job runs") { try await jobs(bench).first { $0.phase == .running } }
        }

        private func completedOnce(
            _ bench: FunctionBench,
            withinSeconds seconds: Int = EndToEnd.waitSeconds
        ) async throws -> Job {
            let job = try await eventually("the job is over", withinSeconds: seconds) {
                try await jobs(bench).first { $0.phase.isTerminal }
            }
            #expect(job.phase == .completed, "\(String(describing: job.failure))")
            #expect(job.attempt == 1)
            #expect(job.recoveries.isEmpty)
            #expect(try await jobs(bench).count == 1)
            let versions = DocumentQuery(collection: "\(ModelRegistry.collection)/reach/versions")
            #expect(try await bench.documents.queryAll(versions).count == 1)
            return job
        }

        private func jobs(_ bench: FunctionBench) async throws -> [Job] {
            try await bench.documents.queryAll(DocumentQuery(collection: Job.collection)).map { try Job($0) }
        }
    }
}
