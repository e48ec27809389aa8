import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What a provider announces and what a session is lent for, as the trainer's program hears of them.
    @Suite struct TrainerNoticeTests {
        /// The metadata servers of Compute Engine and EC2 (IMDSv2), as far as they are asked; they say once that the
        /// machine is taken back, where a file asks them to. Prints its port.
        private static let metadataServer = """
            import http.server, os, sys

            class Handler(http.server.BaseHTTPRequestHandler):
                def announced(self):
                    if not os.path.exists(sys.argv[1]):
                        return False
                    os.unlink(sys.argv[1])
                    return True

                def answer(self, text, **headers):
                    self.send_response(200)
                    for name, value in headers.items():
                        self.send_header(name.replace("_", "-"), value)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text.encode())

                def do_PUT(self):
                    if self.path != "/latest/api/token" or not self.headers["X-aws-ec2-metadata-token-ttl-seconds"]:
                        return self.send_error(400)
                    self.answer("the-token")

                def do_GET(self):
                    if self.path == "/latest/meta-data/spot/instance-action":
                        if self.headers["X-aws-ec2-metadata-token"] != "the-token":
                            return self.send_error(401)
                        if not self.announced():
                            return self.send_error(404)
                        return self.answer('{"action": "terminate", "time": "2026-01-02T03:04:05Z"}')
                    place, name = self.path.rsplit("/", 1)
                    if self.headers["Metadata-Flavor"] != "Google" or place != "/computeMetadata/v1/instance":
                        return self.send_error(403)
                    text = {"preempted": "FALSE", "maintenance-event": "NONE"}[name]
                    if name == "preempted" and self.announced():
                        text = "TRUE"
                    self.answer(text, Metadata_Flavor="Google")

            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        private static let endlessTraining = ["--epochs", "100000", "--checkpoint-every-steps", "40"]

        @Test func aNoticeAndTheSessionsEndEachCostOneAttemptAndNoStep() async throws {
            try await withMetadataServer { port, notice, work in
                // As somebody starts it by hand; the option counts more than the variable.
                let trainer = work / "trainer"
                let script = "#!/bin/sh\nexec '\(try Repository.program("trainer"))' \"$@\" --session-limit 1m\n"
                try FileIO.write(Array(script.utf8), to: trainer, permissions: 0o700)
                let settings = [
                    "GCE_METADATA_HOST": "127.0.0.1:\(port)", "SIGNALBOX_TRAINER": trainer,
                    "SIGNALBOX_SESSION_LIMIT": "12h",
                ]
                try await check(settings, notice, causes: ["machine_reclaimed", "session_limit"])
            }
        }

        @Test func aNoticeOfEC2CostsOneAttemptAndNoStep() async throws {
            try await withMetadataServer { port, notice, _ in
                let settings = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(port)"]
                try await check(settings, notice, causes: ["machine_reclaimed"])
            }
        }

        private func withMetadataServer(
            _ body: (_ port: Int, _ notice: String, WorkFolder) async throws -> Void
        ) async throws {
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
                try await body(port, notice, work)
            }
        }

        /// A run that is given notice in its first attempt, and lives through causes to stop.
        private func check(_ settings: [String: String], _ notice: String, causes: [String]) async throws {
            try await LocalStack.with(settings: LocalStack.shortLeases.merging(settings) { $1 }) { stack in
                let id = try await stack.upload(try await stack.package(of: "robot-1", 24, Self.endlessTraining))
                try await trains(id, attempt: 1, stack)
                try FileIO.write([], to: notice)
                for attempt in causes.indices { try await trains(id, attempt: attempt + 2, stack) }
                _ = try await stack.succeed("jobs", "cancel", id)
                let job = try await stack.finished(id)
                #expect(job.failure?.code == .cancelled)
                let recoveries: [RecoveryCause] = [.preempted, .sessionEnded]
                #expect(job.recoveries.prefix(causes.count).map(\.cause) == Array(recoveries.prefix(causes.count)))
                let words = job.recoveries.map { String($0.evidence.split(separator: " ").last ?? "") }
                #expect(words == causes + ["requested"])
                try await lostNothing(id, attempts: causes.count + 1, stack)
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
        private func lostNothing(_ id: String, attempts count: Int, _ stack: LocalStack) async throws {
            let record = JSONReader(try JSON(parsing: try await stack.text("logs/\(id)/run.json")))
            let attempts = try record["attempts"].array()
            try #require(attempts.count == count)
            for (one, next) in zip(attempts, attempts.dropFirst()) {
                #expect(try one["status"].string() == "preempted")
                let last = try one["last_step"].int()
                #expect(try last > 0 && next["first_step"].int() == last)
            }
            let last = try attempts[count - 1]["last_step"].int()
            #expect(try await stack.measuredSteps(of: id) == Array(1...last))
        }
    }
}
