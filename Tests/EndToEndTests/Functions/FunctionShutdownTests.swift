import Foundation
import Glibc
import SignalboxCore
import Synchronization
import Testing
import Wire

extension EndToEnd {
    /// SIGTERM, as a platform sends it to an instance that it takes away.
    @Suite struct FunctionShutdownTests {
        /// Holds the requests from a number on until it is opened.
        private final class Gate: Sendable {
            private let from: Int
            private let reached = SharedFlag()
            private let opened = SharedFlag()

            init(from: Int) { self.from = from }

            var isReached: Bool { reached.isSet }

            func open() { opened.set() }

            func pass(_ request: Int) -> FaultProxy.Verdict {
                guard request >= from else { return .pass }
                reached.set()
                while !opened.isSet { Thread.sleep(forTimeInterval: 0.01) }
                return .pass
            }
        }

        @Test func anEventUnderWayIsFinishedAndAnswered() async throws {
            try await FunctionBench.with { bench in
                let gate = Gate(from: 5)
                let proxy = try FaultProxy(to: bench.port, onRequest: { gate.pass($0) })
                defer { proxy.stop() }
                let environment = try bench.environment(storage: proxy.host, firestore: proxy.host)
                let (function, url) = try await bench.serve("gcs-upload", environment)
                let episodes = try bench.work.episodes(2, as: "episodes")
                let place = try await bench.stage(robot: "robot-1", episodes: episodes)
                let event = FunctionBench.finalized(place.object("archive.zip"))
                let request = try FunctionBench.delivery(of: event, to: url)
                async let response = bench.transport.send(request)
                try await eventually("the function is at work") { gate.isReached }
                function.signal(SIGTERM)
                try await eventually("the function has the signal") {
                    function.output.contains("stopping on signal \(SIGTERM)")
                }
                // It says so first, and closes its port then.
                try await eventually("it takes no new connections") {
                    (try? await bench.transport.send(HTTPRequest(url: url + "/healthz"))) == nil
                }
                gate.open()
                let answer = try await response
                #expect(answer.status == 200)
                let body = try JSON(parsing: try await answer.body.collect(bytesMax: 1 << 20))
                #expect(body["detail"]?["code"] == "package_accepted")
                #expect(try await function.wait("gcs-upload") == .exit(0))
            }
        }
    }
}
