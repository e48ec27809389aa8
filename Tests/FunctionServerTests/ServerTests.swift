import CloudEvents
import FunctionServer
import Testing
import Wire

@Suite struct ServerTests {
    private let captured = CapturedLog()

    private func start(
        limits: ServerLimits = ServerLimits(),
        clock: any Clock = FixedClock(),
        _ body: @escaping @Sendable (IncomingEvent, EventLog) async -> EventAnswer = { event, _ in
            guard case .scheduled(let json) = event else { return .done("event") }
            return .done(json)
        }
    ) async throws -> RunningServer {
        try await FunctionServer.start(
            configuration: ServerConfiguration(port: 0),
            limits: limits,
            clock: clock,
            log: captured.log,
            handler: ClosureHandler(body)
        )
    }

    private func post(_ body: String, _ more: String = "") -> String {
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
    }

    @Test func answersBecomeStatusAndBody() async throws {
        let server = try await start { event, _ in
            switch event {
            case .scheduled(["task": "done"]): .done(["job_id": "job-1"])
            case .scheduled(["task": "refuse"]): .refused(code: "bad_signature", ["package_id": "pkg-1"])
            case .scheduled(["task": "later"]): .tryAgain(code: "store_unavailable", afterSeconds: 7)
            default: .unreadable(code: "event_type_unknown", message: "not mine")
            }
        }
        let connection = try RawConnection(port: server.port)
        func ask(_ task: String) async throws -> (head: String, body: JSON) {
            connection.send(post(#"{"task":"\#(task)"}"#))
            let answer = try await #require(connection.receive())
            return (answer.head, try JSON(parsing: answer.body))
        }
        let done = try await ask("done")
        #expect(done.head.hasPrefix("HTTP/1.1 200 "))
        #expect(done.body == ["decision": "done", "detail": ["job_id": "job-1"]])
        let refused = try await ask("refuse")
        #expect(refused.head.hasPrefix("HTTP/1.1 200 "))
        #expect(refused.body == ["decision": "refused", "code": "bad_signature", "detail": ["package_id": "pkg-1"]])
        let later = try await ask("later")
        #expect(later.head.hasPrefix("HTTP/1.1 503 "))
        #expect(later.head.contains("\r\nretry-after: 7\r\n"))
        let unreadable = try await ask("other")
        #expect(unreadable.head.hasPrefix("HTTP/1.1 400 "))
        #expect(unreadable.body["code"] == "event_type_unknown")
        await server.stop()
        let labels = captured.lines.map { $0["logging.googleapis.com/labels"] }
        #expect(labels.map { $0?["decision"] } == ["done", "refused", "try_again", "unreadable"])
        #expect(labels.map { $0?["code"] } == [nil, "bad_signature", "store_unavailable", "event_type_unknown"])
        #expect(labels[0]?["job_id"] == "job-1" && labels[1]?["package_id"] == "pkg-1")
    }

    @Test func whatIsNoEventIsAnsweredByItsCode() async throws {
        let server = try await start()
        let rows: [(request: String, status: String, code: EventError.Code)] = [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", "405", .methodNotAllowed),
            (post("nothing"), "400", .bodyMalformed),
            (post("[]", "content-type: application/cloudevents-batch+json\r\n"), "415", .batchUnsupported),
            (post("{}", "ce-id: 1\r\n"), "400", .attributeMissing),
        ]
        for row in rows {
            let connection = try RawConnection(port: server.port)
            connection.send(row.request)
            let answer = try await #require(connection.receive())
            #expect(answer.head.hasPrefix("HTTP/1.1 \(row.status) "))
            #expect(try JSON(parsing: answer.body)["code"] == .string(row.code.rawValue))
        }
        await server.stop()
        #expect(captured.lines.count == rows.count)
    }

    @Test func healthIsAnsweredWithoutALogLine() async throws {
        let server = try await start()
        let connection = try RawConnection(port: server.port)
        connection.send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(await connection.receive()?.body == #"{"status":"ok"}"#)
        await server.stop()
        #expect(captured.lines.isEmpty)
    }

    @Test func aConnectionCarriesManyRequests() async throws {
        let server = try await start()
        let connection = try RawConnection(port: server.port)
        connection.send((0..<20).map { post("{\"n\":\($0)}") }.joined())
        for number in 0..<20 {
            let answer = try await #require(connection.receive())
            #expect(try JSON(parsing: answer.body)["detail"] == ["n": .integer(Int64(number))])
        }
        connection.send(post("{}", "connection: close\r\n"))
        #expect(await connection.receive()?.head.contains("connection: close") == true)
        #expect(await connection.isClosed())
        await server.stop()
    }

    @Test func expectContinueIsAnsweredBeforeTheBody() async throws {
        let server = try await start()
        let connection = try RawConnection(port: server.port)
        connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 7\r\nexpect: 100-continue\r\n\r\n")
        #expect(await connection.receive()?.head.hasPrefix("HTTP/1.1 100 ") == true)
        connection.send(#"{"a":1}"#)
        #expect(await connection.receive()?.body == #"{"decision":"done","detail":{"a":1}}"#)
        await server.stop()
    }

    @Test func aBodyTooLongIsRefused() async throws {
        let server = try await start(limits: ServerLimits(bodyBytesMax: 16))
        let exact = try RawConnection(port: server.port)
        exact.send(post(#"{"a":"12345678"}"#))
        #expect(await exact.receive()?.head.hasPrefix("HTTP/1.1 200 ") == true)
        let announced = try RawConnection(port: server.port)
        announced.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 17\r\nexpect: 100-continue\r\n\r\n")
        let refused = try await #require(announced.receive())
        #expect(refused.head.hasPrefix("HTTP/1.1 413 "))
        #expect(try JSON(parsing: refused.body)["code"] == .string(EventError.Code.bodyTooLong.rawValue))
        let chunked = try RawConnection(port: server.port)
        chunked.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        chunked.send("10\r\n0123456789abcdef\r\n1\r\n0\r\n")
        #expect(await chunked.receive()?.head.hasPrefix("HTTP/1.1 413 ") == true)
        chunked.send("0\r\n\r\n")
        #expect(await chunked.isClosed())
        await server.stop()
    }

    @Test func bytesThatAreNotHTTPAreRefused() async throws {
        let server = try await start()
        let connection = try RawConnection(port: server.port)
        connection.send("\u{16}\u{3}\u{1} nonsense\r\n\r\n")
        #expect(await connection.receive()?.head.hasPrefix("HTTP/1.1 400 ") == true)
        #expect(await connection.isClosed())
        await server.stop()
    }
}
