import Glibc
import Synchronization
import Testing
import Wire

@Suite("HTTPClient")
struct HTTPClientTests {
    /// Runs a body against a server and a client, both ended behind it.
    static func serving(
        _ serve: @escaping @Sendable (LoopbackConnection) -> Void,
        configure: (inout HTTPClient.Configuration) -> Void = { _ in },
        _ body: (HTTPClient, LoopbackServer) async throws -> Void
    ) async throws {
        let server = try LoopbackServer(serve)
        defer { server.stop() }
        var configuration = HTTPClient.Configuration { _ in nil }
        configure(&configuration)
        let client = HTTPClient(configuration: configuration)
        defer { client.shutdown() }
        try await body(client, server)
    }

    static func code(_ body: () async throws -> Void) async -> HTTPClientError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? HTTPClientError)?.code
        }
    }

    @Test("sends methods, fields and bodies as they are, and reads fields without case")
    func exchange() async throws {
        let seen = Mutex<LoopbackRequest?>(nil)
        try await Self.serving { connection in
            guard let request = connection.readRequest() else { return }
            seen.withLock { $0 = request }
            connection.write("HTTP/1.1 207 Fine\r\nX-One: 1 \r\nx-two:2\r\nX-One: 3\r\nContent-Length: 2\r\n\r\nok")
        } _: { client, server in
            let request = HTTPRequest(
                method: "PATCH",
                url: server.url("/a/../b?c=%20d"),
                headers: ["Content-Type": "text/plain", "X-Empty": ""],
                body: .bytes(Array("hello".utf8))
            )
            let response = try await client.send(request)
            #expect(response.status == 207)
            #expect(response.headers["x-one"] == "1")
            #expect(response.headers["X-Two"] == "2")
            #expect(try await response.body.collect(bytesMax: 10) == Array("ok".utf8))
        }
        let request = try #require(seen.withLock { $0 })
        #expect(request.line == "PATCH /a/../b?c=%20d HTTP/1.1")
        #expect(request.headers["content-type"] == "text/plain")
        #expect(request.headers["x-empty"]?.isEmpty == true)
        #expect(request.headers["user-agent"] == "signalbox")
        #expect(request.headers["expect"] == nil)
        #expect(request.headers["accept-encoding"] == nil)
        #expect(request.body == Array("hello".utf8))
    }

    @Test("says the length of an empty body, and nothing of one where there is none")
    func emptyBodies() async throws {
        let seen = Mutex<[LoopbackRequest]>([])
        try await Self.serving { connection in
            while let request = connection.readRequest() {
                seen.withLock { $0.append(request) }
                connection.write("HTTP/1.1 204 None\r\n\r\n")
            }
        } _: { client, server in
            for (method, body) in [("POST", HTTPRequestBody.bytes([])), ("DELETE", .none), ("GET", .none)] {
                let response = try await client.send(HTTPRequest(method: method, url: server.url(), body: body))
                #expect(response.status == 204)
                #expect(try await response.body.next() == nil)
            }
        }
        #expect(seen.withLock { $0.map { $0.headers["content-length"] } } == ["0", nil, nil])
    }

    @Test("passes over interim answers and takes a redirect for an answer")
    func interim() async throws {
        try await Self.serving { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n")
            connection.write("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
        } _: { client, server in
            let response = try await client.send(HTTPRequest(url: server.url()))
            #expect(response.status == 302)
            #expect(response.headers["link"] == nil)
            #expect(response.headers["location"] == "/there")
        }
    }

    @Test("keeps connections alive, also where an empty body is dropped unread")
    func keepAlive() async throws {
        try await Self.serving { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        } _: { client, server in
            for _ in 0..<20 { _ = try await client.send(HTTPRequest(url: server.url())) }
            #expect(server.connectionCount == 1)
        }
    }

    @Test("runs many exchanges at once")
    func parallel() async throws {
        try await Self.serving { connection in
            while let request = connection.readRequest() {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
                connection.write(request.body)
            }
        } _: { client, server in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<64 {
                    group.addTask {
                        let sent = [UInt8](repeating: UInt8(index), count: 1000 * index)
                        let request = HTTPRequest(method: "POST", url: server.url(), body: .bytes(sent))
                        return try await client.send(request).body.collect(bytesMax: 1 << 20) == sent
                    }
                }
                for try await isSame in group { #expect(isSame) }
            }
        }
    }

    @Test("refuses what could break out of a message", arguments: ["a\r\nX-Evil: 1", "a\u{0}b"])
    func injection(_ value: String) async {
        let client = HTTPClient()
        #expect(
            await Self.code {
                _ = try await client.send(HTTPRequest(url: "http://127.0.0.1:1/", headers: ["X": value]))
            }
                == .badHeader
        )
    }

    @Test(
        "refuses what is no URL of its own",
        arguments: ["", "/path", "ftp://127.0.0.1/", "file:///etc/passwd", "http://a b/", "http://127.0.0.1/\r\nX: 1"]
    )
    func badURL(_ url: String) async {
        let client = HTTPClient()
        #expect(await Self.code { _ = try await client.send(HTTPRequest(url: url)) } == .badURL)
    }

    @Test("tells a host that refuses from one that speaks no HTTP, no TLS, or leaves")
    func failures() async throws {
        let client = HTTPClient()
        #expect(
            await Self.code { _ = try await client.send(HTTPRequest(url: "http://127.0.0.1:1/")) } == .connectFailed
        )
        try await Self.serving { connection in
            _ = connection.readHead()
            connection.write("SSH-2.0-x\r\n\r\n")
        } configure: {
            $0.connectTimeout = .milliseconds(300)
        } _: { client, server in
            #expect(await Self.code { _ = try await client.send(HTTPRequest(url: server.url())) } != nil)
            let secure = "https://127.0.0.1:\(server.port)/"
            #expect(await Self.code { _ = try await client.send(HTTPRequest(url: secure)) } == .connectFailed)
        }
        try await Self.serving { connection in
            _ = connection.readHead()
        } _: { client, server in
            #expect(await Self.code { _ = try await client.send(HTTPRequest(url: server.url())) } == .connectionLost)
        }
    }

    @Test("holds to its limits of head and body")
    func limits() async throws {
        let serve: @Sendable (LoopbackConnection) -> Void = { connection in
            guard let request = connection.readRequest() else { return }
            let field = String(repeating: "x", count: request.line.contains("/head") ? 40_000 : 10)
            connection.write("HTTP/1.1 200 OK\r\nX: \(field)\r\nY: \(field)\r\nConnection: close\r\n\r\n")
            connection.write([UInt8](repeating: 7, count: 10_000))
        }
        try await Self.serving(serve) {
            $0.bodyBytesMax = 9_999
        } _: { client, server in
            #expect(
                await Self.code { _ = try await client.send(HTTPRequest(url: server.url("/head"))) } == .headersTooLong
            )
            #expect(
                await Self.code {
                    _ = try await client.send(HTTPRequest(url: server.url())).body.collect(bytesMax: 1 << 20)
                } == .bodyTooLong
            )
        }
    }

    @Test("reads the environment's authorities and proxies")
    func environment() {
        let variables = ["SSL_CERT_FILE": "/ca.pem", "no_proxy": "intern"]
        let configuration = HTTPClient.Configuration { variables[$0] }
        #expect(configuration.caFile == "/ca.pem")
        #expect(configuration.directHosts.hasPrefix("intern,localhost,"))
        #expect(HTTPClient.Configuration { $0 == "NO_PROXY" ? "*" : nil }.directHosts == "*")
    }
}
