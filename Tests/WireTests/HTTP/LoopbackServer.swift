import Foundation
import Glibc
import Synchronization

/// A TCP server on a free port of loopback: what it says to each connection is a closure on a thread of its own, so
/// that a test can break the protocol wherever it wants.
final class LoopbackServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let open = Mutex<Set<Int32>>([])
    private let accepted = Mutex(0)

    /// How many connections there were.
    var connectionCount: Int { accepted.withLock { $0 } }

    init(_ serve: @escaping @Sendable (LoopbackConnection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                accepted.withLock { $0 += 1 }
                open.withLock { _ = $0.insert(connection) }
                Thread.detachNewThread { [self] in
                    serve(LoopbackConnection(descriptor: connection))
                    open.withLock { _ = $0.remove(connection) }
                    close(connection)
                }
            }
            close(listener)
        }
    }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Ends the listener and all connections; their threads end by themselves.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }
}

/// A request as the server saw it.
struct LoopbackRequest: Sendable {
    var line = ""
    var headers: [String: String] = [:]
    var body: [UInt8] = []
}

/// One connection, read and written by blocking calls.
final class LoopbackConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Reads up to the empty line; nil where the client has left.
    func readHead() -> LoopbackRequest? {
        var lines: [String] = []
        while true {
            guard let line = readLine() else { return nil }
            if line.isEmpty { break }
            lines.append(line)
        }
        guard let first = lines.first else { return nil }
        var request = LoopbackRequest(line: first)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            request.headers[line[..<colon].lowercased()] = value
        }
        return request
    }

    /// Reads a whole request, its body by length or in chunks.
    func readRequest() -> LoopbackRequest? {
        guard var request = readHead() else { return nil }
        if let length = request.headers["content-length"].flatMap({ Int($0) }) {
            guard let body = read(length) else { return nil }
            request.body = body
        } else if request.headers["transfer-encoding"] == "chunked" {
            while let line = readLine(), let size = Int(line, radix: 16) {
                guard let chunk = read(size), readLine() != nil else { return nil }
                request.body += chunk
                if size == 0 { break }
            }
        }
        return request
    }

    /// That many bytes; nil where the client leaves first.
    func read(_ count: Int) -> [UInt8]? {
        while buffer.count < count { guard fill() else { return nil } }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// What is there, at least a byte; nil at the end.
    func readSome() -> [UInt8]? {
        if buffer.isEmpty { guard fill() else { return nil } }
        defer { buffer = [] }
        return buffer
    }

    /// Writes all; false where the client has left.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                send(descriptor, raw.baseAddress.map { $0 + offset }, raw.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Breaks the connection with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private func readLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[..<end].filter { $0 != 0x0D }
                buffer.removeSubrange(...end)
                return String(decoding: line, as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk.prefix(count)
        return true
    }
}
