import LocalCloud
import SignalboxCore
import Synchronization
import Testing
import Wire

extension EndToEnd {
    /// Firestore that answers 503 to everybody for a while: to the functions first, then to the trainer too.
    @Suite struct OutageTests {
        /// The switch, and how many requests it refused.
        private final class Outage: Sendable {
            private let state = Mutex((isDown: true, refused: 0))

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

        @Test func aJobOutlivesAnOutageOfFirestore() async throws {
            try await FunctionBench.with { bench in
                let outage = Outage()
                let proxy = try FaultProxy(to: bench.port, onRequest: { _ in outage.verdict() })
                defer { proxy.stop() }
                let environment = try bench.environment(firestore: proxy.host)
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
                let config = JobConfig(modelName: "reach", epochs: 60, checkpointEverySteps: 80)
                let place = try await bench.stage(robot: "robot-1", episodes: Repository.episodes, training: config)
                try await eventually("the intake meets the outage") { outage.refused >= 3 }
                #expect(try await jobs(bench).isEmpty)
                outage.end()
                let id = try await eventually("the job runs") {
                    try await jobs(bench).first { $0.phase == .running }?.id
                }
                outage.begin()
                try await eventually("the trainer meets the outage") { outage.refused >= 3 }
                outage.end()
                let job = try await eventually("the job is over") {
                    try await jobs(bench).first { $0.phase.isTerminal }
                }
                #expect(job.id == id)
                #expect(job.packageID == place.packageID)
                #expect(job.phase == .completed, "\(String(describing: job.failure))")
                #expect(job.attempt == 1)
                #expect(job.recoveries.isEmpty)
                #expect(try await jobs(bench).count == 1)
                let versions = DocumentQuery(collection: "\(ModelRegistry.collection)/reach/versions")
                #expect(try await bench.documents.queryAll(versions).count == 1)
                for child in [intake, dispatch] {
                    child.signal(15)
                    #expect(try await child.wait("a function") == .exit(0))
                }
            }
        }

        private func jobs(_ bench: FunctionBench) async throws -> [Job] {
            try await bench.documents.queryAll(DocumentQuery(collection: Job.collection)).map { try Job($0) }
        }
    }
}
