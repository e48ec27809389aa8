import Glibc
import Synchronization
import Testing
import Wire

@Suite("HTTPClient, streaming")
struct HTTPClientStreamingTests {
    typealias Base = HTTPClientTests

    /// Bytes made as they are pulled, with a count of how many were.
    final class Source: ByteStream {
        let length: Int64
        let chunkBytes: Int
        private let pulled = Mutex<Int64>(0)

        init(length: Int64, chunkBytes: Int = 300_000) {
            self.length = length
            self.chunkBytes = chunkBytes
        }

        var pulledBytes: Int64 { pulled.withLock { $0 } }

        func next() async -> [UInt8]? {
            pulled.withLock { pulled in
                let count = Int(min(Int64(chunkBytes), length - pulled))
                guard count > 0 else { return nil }
                defer { pulled += Int64(count) }
                return Source.bytes(from: pulled, count)
            }
        }

        /// Each MiB of its own, so that one out of place shows.
        static func bytes(from offset: Int64, _ count: Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                var index = 0
                while index < count {
                    let block = (offset + Int64(index)) >> 20
                    let part = min(count - index, Int((block + 1) << 20 - offset) - index)
                    buffer[index..<index + part].initialize(repeating: UInt8(truncatingIfNeeded: block &* 31 &+ 7))
                    index += part
                }
                filled = count
            }
        }
    }

    /// Fails after some bytes.
    struct Failure: Error, Equatable {}
    actor Failing: ByteStream {
        private var isFirst = true
        func next() throws -> [UInt8]? {
            guard isFirst else { throw Failure() }
            isFirst = false
            return [1, 2, 3]
        }
    }

    @Test("sends and reads large bodies whole", arguments: [true, false])
    func roundTrip(knowsLength: Bool) async throws {
        try await Base.serving { connection in
            guard let request = connection.readRequest() else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            connection.write(request.body)
        } _: { client, server in
            let source = Source(length: 20_000_001)
            let body = HTTPRequestBody.stream(source, length: knowsLength ? source.length : nil)
            let response = try await client.send(HTTPRequest(method: "PUT", url: server.url(), body: body))
            var expected = CRC32C()
            expected.update(Source.bytes(from: 0, 20_000_001))
            var received = CRC32C()
            var count = 0
            while let chunk = try await response.body.next() {
                #expect(!chunk.isEmpty)
                received.update(chunk)
                count += chunk.count
            }
            #expect(count == 20_000_001)
            #expect(received == expected)
        }
    }

    @Test("holds a sender back whose reader does not read")
    func downloadBackPressure() async throws {
        let written = Mutex(0)
        let chunk = [UInt8](repeating: 1, count: 64 << 10)
        try await Base.serving { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(chunk.count * 4096)\r\n\r\n")
            for _ in 0..<4096 {
                guard connection.write(chunk) else { return }
                written.withLock { $0 += chunk.count }
            }
        } configure: {
            $0.bufferBytesMax = 1 << 20
        } _: { client, server in
            let response = try await client.send(HTTPRequest(url: server.url()))
            // The server goes on until the sockets' buffers are full too, and then stands still.
            var last = -1
            var now = 0
            while now != last || now == 0 {
                last = now
                try await Task.sleep(for: .milliseconds(200))
                now = written.withLock { $0 }
            }
            #expect(now < 64 << 20)
            var count = 0
            while let chunk = try await response.body.next() {
                #expect(chunk.count <= 2 << 20)
                count += chunk.count
            }
            #expect(count == chunk.count * 4096)
        }
    }

    @Test("pulls no more of a body than the host takes")
    func uploadBackPressure() async throws {
        let mayRead = Mutex(false)
        let source = Source(length: 128 << 20)
        try await Base.serving { connection in
            guard connection.readHead() != nil else { return }
            while !mayRead.withLock({ $0 }) { usleep(1000) }
            var left = 128 << 20
            while left > 0, let bytes = connection.readSome() { left -= bytes.count }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        } configure: {
            $0.bufferBytesMax = 1 << 20
        } _: { client, server in
            let request = HTTPRequest(
                method: "PUT",
                url: server.url(),
                body: .stream(source, length: source.length)
            )
            async let response = client.send(request)
            var last: Int64 = -1
            while source.pulledBytes != last || last <= 0 {
                last = source.pulledBytes
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(last < 64 << 20)
            mayRead.withLock { $0 = true }
            #expect(try await response.status == 200)
            #expect(source.pulledBytes == source.length)
        }
    }

    @Test("passes on what a request's body throws, and tells a wrong length")
    func badBodies() async throws {
        try await Base.serving { connection in
            _ = connection.readRequest()
        } _: { client, server in
            let bodies: [HTTPRequestBody] = [
                .stream(Failing(), length: nil), .stream(BytesStream([1, 2, 3]), length: 4),
                .stream(BytesStream([1, 2, 3]), length: 2),
            ]
            for (index, body) in bodies.enumerated() {
                do {
                    _ = try await client.send(HTTPRequest(method: "PUT", url: server.url(), body: body))
                    Issue.record("it was sent")
                } catch let error as HTTPClientError {
                    #expect(error.code == .requestBodyFailed)
                    #expect((error.cause as? Failure == Failure()) == (index == 0))
                }
            }
        }
    }

    @Test("tells a broken body from a whole one, and gives what came before", arguments: [true, false])
    func brokenBody(resets: Bool) async throws {
        let mayBreak = Mutex(false)
        try await Base.serving { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 600))
            while !mayBreak.withLock({ $0 }) { usleep(1000) }
            if resets { connection.reset() }
        } _: { client, server in
            let response = try await client.send(HTTPRequest(url: server.url()))
            var count = 0
            let code = await Base.code {
                while let chunk = try await response.body.next() {
                    count += chunk.count
                    if count == 600 { mayBreak.withLock { $0 = true } }
                }
            }
            #expect(code == .connectionLost)
            #expect(count == 600)
        }
    }

    @Test("never sends a body twice by itself when a kept connection turns out dead")
    func noSilentRepetition() async throws {
        let bodies = Mutex(0)
        try await Base.serving { connection in
            while let request = connection.readRequest() {
                guard request.body.isEmpty else {
                    // Acted upon, and then gone without a word.
                    bodies.withLock { $0 += 1 }
                    return
                }
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        } _: { client, server in
            _ = try await client.send(HTTPRequest(url: server.url()))
            let request = HTTPRequest(method: "POST", url: server.url(), body: .bytes([1]))
            #expect(await Base.code { _ = try await client.send(request) } == .connectionLost)
            #expect(bodies.withLock { $0 } == 1)
        }
    }

    @Test("gives up on silence and on a whole exchange that takes too long")
    func timeouts() async throws {
        try await Base.serving { connection in
            guard let request = connection.readRequest() else { return }
            if request.line.contains("/drip") {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while connection.write("x") { usleep(20_000) }
            } else {
                _ = connection.readSome()
            }
        } _: { client, server in
            let silent = HTTPRequest(url: server.url(), idleTimeout: .milliseconds(200))
            #expect(await Base.code { _ = try await client.send(silent) } == .timedOut)
            let whole = HTTPRequest(url: server.url(), timeout: .milliseconds(200))
            #expect(await Base.code { _ = try await client.send(whole) } == .timedOut)
            let drip = HTTPRequest(url: server.url("/drip"), timeout: .milliseconds(500), idleTimeout: .seconds(300))
            let code = await Base.code { _ = try await client.send(drip).body.collect(bytesMax: 1 << 20) }
            #expect(code == .timedOut)
        }
    }

    @Test("does not take a slow reader for a silent host")
    func slowReader() async throws {
        try await Base.serving { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(32 << 20)\r\n\r\n")
            connection.write([UInt8](repeating: 1, count: 32 << 20))
        } configure: {
            $0.bufferBytesMax = 64 << 10
        } _: { client, server in
            let request = HTTPRequest(url: server.url(), idleTimeout: .seconds(2))
            let response = try await client.send(request)
            try await Task.sleep(for: .seconds(3))
            #expect(try await response.body.collect(bytesMax: 64 << 20).count == 32 << 20)
        }
    }

    /// Serves a head and then silence; the flag tells that the client has left.
    private static func silence(_ left: Flag, _ connection: LoopbackConnection, answers: Bool) {
        _ = connection.readRequest()
        if answers { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc") }
        while connection.readSome() != nil {}
        left.value.withLock { $0 = true }
    }

    private static func wait(for flag: Flag) async throws {
        while !flag.value.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
    }

    private final class Flag: Sendable { let value = Mutex(false) }

    @Test("cancelling the task ends the exchange, before and within the body", arguments: [false, true])
    func cancellation(answers: Bool) async throws {
        let left = Flag()
        try await Base.serving { connection in
            Self.silence(left, connection, answers: answers)
        } _: { client, server in
            let url = server.url()
            let task = Task {
                await Base.code {
                    _ = try await client.send(HTTPRequest(url: url)).body.collect(bytesMax: 1 << 20)
                }
            }
            while server.connectionCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(50))
            task.cancel()
            #expect(await task.value == .cancelled)
            try await Self.wait(for: left)
        }
    }

    @Test("a task that is cancelled already asks nothing")
    func cancelledBefore() async throws {
        try await Base.serving { connection in
            _ = connection.readRequest()
        } _: { client, server in
            let url = server.url()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await Base.code { _ = try await client.send(HTTPRequest(url: url)) }
            }
            #expect(await task.value == .cancelled)
            #expect(server.connectionCount == 0)
        }
    }

    @Test("dropping a body unread ends the exchange; so does the client's end")
    func dropping() async throws {
        let left = Flag()
        try await Base.serving { connection in
            Self.silence(left, connection, answers: true)
        } _: { client, server in
            #expect(try await client.send(HTTPRequest(url: server.url())).status == 200)
            try await Self.wait(for: left)
            let response = try await client.send(HTTPRequest(url: server.url()))
            client.shutdown()
            #expect(await Base.code { _ = try await response.body.collect(bytesMax: 1 << 20) } == .cancelled)
            #expect(await Base.code { _ = try await client.send(HTTPRequest(url: server.url())) } == .cancelled)
        }
    }

    @Test("a body outlives the last other hold on its client")
    func bodyOutlivesClient() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")
            connection.write([UInt8](repeating: 1, count: 5_000_000))
        }
        defer { server.stop() }
        let body = try await HTTPClient().send(HTTPRequest(url: server.url())).body
        #expect(try await body.collect(bytesMax: 5_000_000).count == 5_000_000)
    }
}
