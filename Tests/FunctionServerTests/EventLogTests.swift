import CloudEvents
import FunctionServer
import Testing
import Wire

@Suite struct EventLogTests {
    private let captured = CapturedLog()

    @Test func linesHaveTheFieldsOfCloudLogging() {
        captured.log.with(["job_id": "job-1"]).write(.warning, "lease \"ran\" out\n", labels: ["code": "lease_lost"])
        #expect(
            captured.lines == [
                [
                    "severity": "WARNING",
                    "message": "lease \"ran\" out\n",
                    "time": "2026-11-21T02:52:07.379Z",
                    "logging.googleapis.com/labels": ["function": "test", "job_id": "job-1", "code": "lease_lost"],
                ]
            ]
        )
    }

    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    /// The trace fields of the line that a request leaves.
    private func trace(of headers: HTTPHeaders) async throws -> [JSON?] {
        let configuration = ServerConfiguration(port: 0, project: "p1")
        let handler = ClosureHandler { _, _ in .done(nil) }
        let server = try await FunctionServer.start(configuration: configuration, log: captured.log, handler: handler)
        let connection = try RawConnection(port: server.port)
        let fields = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\(fields)\r\n{}")
        _ = await connection.receive()
        await server.stop()
        let line = try #require(captured.lines.last)
        return ["trace", "spanId", "trace_sampled"].map { line["logging.googleapis.com/\($0)"] }
    }

    @Test func theTraceOfARequestIsNamed() async throws {
        let full: JSON = .string("projects/p1/traces/\(Self.trace)")
        #expect(
            try await trace(of: ["traceparent": "00-\(Self.trace)-00f067aa0ba902b7-01"]) == [
                full, "00f067aa0ba902b7", true,
            ]
        )
        #expect(
            try await trace(of: ["X-Cloud-Trace-Context": "\(Self.trace)/255;o=1"]) == [full, "00000000000000ff", true]
        )
        #expect(try await trace(of: ["X-Cloud-Trace-Context": Self.trace]) == [full, nil, false])
    }

    @Test func aTraceThatIsNoneIsLeftOut() async throws {
        let zeros = String(repeating: "0", count: 32)
        for value in [
            "", "00", "00-\(zeros)-00f067aa0ba902b7-01", "ff-\(Self.trace)-00f067aa0ba902b7-01",
            "00-\(Self.trace)-x-01",
        ] {
            #expect(try await trace(of: ["traceparent": value]) == [nil, nil, nil], "\(value)")
        }
        #expect(try await trace(of: ["X-Cloud-Trace-Context": "nonsense/1;o=1"]) == [nil, nil, nil])
    }
}
