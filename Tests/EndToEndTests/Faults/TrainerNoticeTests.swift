import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What a provider announces and what a session is lent for, as the trainer's program hears of them.
    @Suite struct TrainerNoticeTests {
        /// Compute Engine's metadata server, as far as it is asked; says once that the machine is taken back, where a
        /// file asks it to. Prints its port.
        private static let metadataServer = """
            import http.server, os, sys

            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    place, name = self.path.rsplit("/", 1)
                    if self.headers["Metadata-Flavor"] != "Google" or place != "/computeMetadata/v1/instance":
                        return self.send_error(403)
                    answer = {"preempted": "FALSE", "maintenance-event": "NONE"}[name]
                    if name == "preempted" and os.path.exists(sys.argv[1]):
                        os.unlink(sys.argv[1])
                        answer = "TRUE"
                    self.send_response(200)
                    self.send_header("Metadata-Flavor", "Google")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer.encode())

            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        private static let endlessTraining = ["--epochs", "100000", "--checkpoint-every-steps", "40"]

        @Test func aNoticeAndTheSessionsEndEachCostOneAttemptAndNoStep() async throws {
            try await WorkFolder.with { work in
                let notice = work / "preempted"
                let server = try ChildProcess(
                    "python3",
                    ["-c", Self.metadataServer, notice],
                    environment: ProcessInfo.processInfo.environment,
                    folder: work.path,
                    log: work / "metadata"
                )
                defer { server.signal(SIGKILL) }
                let port = try await eventually("the metadata server listens") {
                    try #require(!server.hasEnded, "\(server.errors)")
                    return server.output.hasSuffix("\n") ? Int(server.output.filter(\.isNumber)) : nil
                }
                var settings = LocalStack.shortLeases
                settings["GCE_METADATA_HOST"] = "127.0.0.1:\(port)"
                settings["SIGNALBOX_SESSION_LIMIT"] = "1m"
                try await LocalStack.with(settings: settings) { stack in
                    let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.endlessTraining))
                    try await trains(id, attempt: 1, stack)
                    try FileIO.write([], to: notice)
                    try await trains(id, attempt: 2, stack)
                    try await trains(id, attempt: 3, stack)
                    _ = try await stack.succeed("jobs", "cancel", id)
                    let job = try await stack.finished(id)
                    #expect(job.failure?.code == .cancelled)
                    #expect(job.recoveries.prefix(2).map(\.cause) == [.preempted, .sessionEnded])
                    let words = job.recoveries.map { String($0.evidence.split(separator: " ").last ?? "") }
                    #expect(words == ["machine_reclaimed", "session_limit", "requested"])
                    try await lostNothing(id, stack)
                }
            }
        }

        /// Waits until an attempt has kept a checkpoint.
        private func trains(_ id: String, attempt: Int, _ stack: LocalStack) async throws {
            try await eventually("attempt \(attempt) trains") {
                let job = try await stack.job(id)
                try #require(!job.phase.isTerminal, "\(job.phase): \(String(describing: job.failure))")
                try #require(job.attempt <= attempt, "\(job.recoveries)")
                return try await !stack.checkpoints(of: id, attempt: attempt).isEmpty
            }
        }

        /// Each attempt went on from the step that the one before it had done last.
        private func lostNothing(_ id: String, _ stack: LocalStack) async throws {
            let record = JSONReader(try JSON(parsing: try await stack.text("logs/\(id)/run.json")))
            let attempts = try record["attempts"].array()
            try #require(attempts.count == 3)
            for (one, next) in zip(attempts, attempts.dropFirst()) {
                #expect(try one["status"].string() == "preempted")
                let last = try one["last_step"].int()
                #expect(try last > 0 && next["first_step"].int() == last)
            }
            let last = try attempts[2]["last_step"].int()
            #expect(try await stack.measuredSteps(of: id) == Array(1...last))
        }
    }
}
