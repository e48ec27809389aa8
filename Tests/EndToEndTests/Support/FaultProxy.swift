import Foundation
import Glibc
import Synchronization

/// A proxy on loopback between a program and a service, which counts requests and can do ill at each of them.
///
/// It knows of HTTP/1.1 no more than that client and server take turns: a request begins with the first bytes that a
/// client sends behind an answer.
final class FaultProxy: Sendable {
    /// What becomes of a request.
    enum Verdict: Sendable {
        /// The service gets it.
        case pass
        /// The client is told 503, the service hears nothing.
        case unavailable
    }

    /// Asked on a thread of its own at the beginning of each request, counted from 1; may take its time.
    typealias RequestHook = @Sendable (Int) -> Verdict
    /// Told before the client hears of the answer to a request.
    typealias AnswerHook = @Sendable (Int) -> Void

    private enum Turn {
        case client
        case server
    }

    let port: Int
    private let upstream: Int
    private let onRequest: RequestHook
    private let onAnswer: AnswerHook
    private let listener: Int32
    private let requests = Mutex(0)

    /// A proxy before a port of loopback.
    init(
        to upstream: Int,
        onRequest: @escaping RequestHook = { _ in .pass },
        onAnswer: @escaping AnswerHook = { _ in }
    ) throws {
        self.upstream = upstream
        self.onRequest = onRequest
        self.onAnswer = onAnswer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 { serve(client) }
            close(listener)
        }
    }

    /// `127.0.0.1:9000`.
    var host: String { "127.0.0.1:\(port)" }

    /// Takes no new connections; those there are end with their programs.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: UInt16(upstream))
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(server, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(server)
            close(client)
            return
        }
        let connection = Connection(client: client, server: server)
        Thread.detachNewThread { [self] in
            passRequests(connection)
            connection.release()
        }
        Thread.detachNewThread { [self] in
            passAnswers(connection)
            connection.release()
        }
    }

    private func passRequests(_ connection: Connection) {
        while let bytes = Self.receive(connection.client) {
            if connection.begins(.client) {
                let number = requests.withLock { number in
                    number += 1
                    return number
                }
                connection.number.withLock { $0 = number }
                guard onRequest(number) == .pass else { return refuse(connection) }
            }
            guard Self.send(bytes, to: connection.server) else { break }
        }
        shutdown(connection.server, Int32(SHUT_WR))
    }

    private func passAnswers(_ connection: Connection) {
        while let bytes = Self.receive(connection.server) {
            if connection.begins(.server) { onAnswer(connection.number.withLock { $0 }) }
            guard Self.send(bytes, to: connection.client) else { break }
        }
        shutdown(connection.client, Int32(SHUT_WR))
    }

    private func refuse(_ connection: Connection) {
        let body = #"{"error":{"code":503,"status":"UNAVAILABLE","message":"down"}}"#
        let head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        let rest = "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        _ = Self.send(Array((head + rest).utf8), to: connection.client)
        shutdown(connection.client, Int32(SHUT_WR))
        shutdown(connection.server, Int32(SHUT_RDWR))
        // A connection closed with bytes unread would take the answer with it.
        while Self.receive(connection.client) != nil {}
    }

    /// The two ends of a connection, closed when both directions are done.
    private final class Connection: Sendable {
        let client: Int32
        let server: Int32
        let number = Mutex(0)
        private let turn = Mutex(Turn.server)
        private let users = Mutex(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        /// Notes that one side sends; whether the other one sent before.
        func begins(_ side: Turn) -> Bool {
            turn.withLock { turn in
                defer { turn = side }
                return turn != side
            }
        }

        func release() {
            let left = users.withLock { users in
                users -= 1
                return users
            }
            guard left == 0 else { return }
            close(client)
            close(server)
        }
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func receive(_ descriptor: Int32) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return count > 0 ? Array(chunk.prefix(count)) : nil
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.send(descriptor, raw.baseAddress.map { $0 + offset }, raw.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}
