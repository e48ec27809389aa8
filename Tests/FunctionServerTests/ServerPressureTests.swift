import CloudEvents
import FunctionServer
import Testing
import Wire

@Suite struct ServerPressureTests {
    private let captured = CapturedLog()
    private let entered = Gate()
    private let release = Gate()

    private func start(limits: ServerLimits, clock: any Clock = FixedClock()) async throws -> RunningServer {
        let (entered, release) = (entered, release)
        return try await FunctionServer.start(
            configuration: ServerConfiguration(port: 0),
            limits: limits,
            clock: clock,
            log: captured.log,
            handler: ClosureHandler { _, _ in
                await entered.open()
                await release.wait()
                return .done("slow")
            }
        )
    }

    private let request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}"

    @Test func oneEventTooManyComesAgain() async throws {
        let server = try await start(limits: ServerLimits(concurrentEventsMax: 1))
        let first = try RawConnection(port: server.port)
        first.send(request)
        await entered.wait()
        let second = try RawConnection(port: server.port)
        second.send(request)
        let answer = try await #require(second.receive())
        #expect(answer.head.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.body == #"{"code":"busy","decision":"try_again","retry_after_seconds":1}"#)
        await release.open()
        #expect(await first.receive()?.head.hasPrefix("HTTP/1.1 200 ") == true)
        second.send(request)
        #expect(await second.receive()?.head.hasPrefix("HTTP/1.1 200 ") == true)
        await server.stop()
    }

    @Test func aHandlerWithoutEndIsGivenUp() async throws {
        let clock = FixedClock()
        let server = try await start(limits: ServerLimits(), clock: clock)
        let connection = try RawConnection(port: server.port)
        connection.send(request)
        await entered.wait()
        clock.ring()
        let answer = try await #require(connection.receive())
        #expect(answer.head.hasPrefix("HTTP/1.1 503 "))
        #expect(try JSON(parsing: answer.body)["code"] == "deadline_exceeded")
        await release.open()
        await server.stop()
    }

    @Test func aConnectionTooManyIsClosed() async throws {
        let server = try await start(limits: ServerLimits(connectionsMax: 1))
        let first = try RawConnection(port: server.port)
        first.send(request)
        await entered.wait()
        let second = try RawConnection(port: server.port)
        second.send(request)
        #expect(await second.isClosed())
        await release.open()
        #expect(await first.receive() != nil)
        await server.stop()
    }

    @Test func whatRunsFinishesBeforeTheEnd() async throws {
        let server = try await start(limits: ServerLimits())
        let idle = try RawConnection(port: server.port)
        idle.send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(await idle.receive() != nil)
        let busy = try RawConnection(port: server.port)
        busy.send(request)
        await entered.wait()
        async let stopped: Void = server.stop()
        // The idle connection goes at once, the busy one with its answer.
        #expect(await idle.isClosed())
        await release.open()
        let answer = try await #require(busy.receive())
        #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.head.contains("connection: close"))
        #expect(await busy.isClosed())
        await stopped
        #expect(throws: RawConnectionError.self) { try RawConnection(port: server.port) }
    }

    @Test func theEndDoesNotWaitForEver() async throws {
        let clock = FixedClock()
        let server = try await start(limits: ServerLimits(), clock: StopClock(stop: clock))
        let busy = try RawConnection(port: server.port)
        busy.send(request)
        await entered.wait()
        async let stopped: Void = server.stop()
        clock.ring()
        await stopped
        #expect(await busy.receive() == nil)
        await release.open()
    }
}

/// Only sleeps as long as a drain end, when told to.
private struct StopClock: Clock {
    let stop: FixedClock
    let never = FixedClock()

    func now() -> Timestamp { stop.now() }

    func sleep(for duration: Duration) async throws {
        try await (duration == .seconds(ServerLimits().drainSeconds) ? stop : never).sleep(for: duration)
    }
}
