import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// A trainer's process before it has begun its attempt.
    @Suite struct TrainerStartTests {
        /// Longer than any test.
        private static let hang: TimeInterval = 600

        @Test func aSpecThatIsNotThereIsASettingAndNoLostMachine() async throws {
            try await LocalStack.with { stack in
                let output = try await stack.run(
                    "trainer",
                    ["--spec", "gs://signalbox-training/jobs/job-0/attempt-1/spec.json"]
                )
                #expect(output.status == TrainerExit.configuration, "\(output.errors)")
                #expect(output.errors.contains("not_found"), "\(output.errors)")
            }
        }

        @Test func aStopIsSeenWhileTheBucketIsSilent() async throws {
            try await LocalStack.with { stack in
                let (isAsked, isOver) = (SharedFlag(), DispatchSemaphore(value: 0))
                let address = try stack.local()["environment"]["STORAGE_EMULATOR_HOST"].string()
                let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
                let proxy = try FaultProxy(to: port) { _ in
                    isAsked.set()
                    _ = isOver.wait(timeout: .now() + Self.hang)
                    return .unavailable
                }
                defer {
                    isOver.signal()
                    proxy.stop()
                }
                let trainer = try stack.start(
                    "trainer",
                    ["--spec", "gs://signalbox-training/jobs/job-0/attempt-1/spec.json"],
                    changes: ["STORAGE_EMULATOR_HOST": "http://\(proxy.host)"]
                )
                try await eventually("the trainer asks for its spec") { isAsked.isSet }
                trainer.signal(SIGTERM)
                let ending = try await trainer.wait("the trainer")
                #expect(ending == .exit(Int32(TrainerExit.preempted)), "\(trainer.errors)")
            }
        }
    }
}
