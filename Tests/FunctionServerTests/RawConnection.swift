import Dispatch
import Glibc

/// A TCP connection that sends bytes as they are given, for what an HTTP client would not send.
///
/// Reading blocks, on a thread of its own: the few threads that tasks share belong to the server under test.
final class RawConnection: Sendable {
    private static let timeoutSeconds = 20
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw RawConnectionError(errno: errno) }
    }

    deinit { close(descriptor) }

    /// Sends text; what a closed connection does not take is dropped.
    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// One message: its head and as much body as the head says; nil where the connection is closed before.
    func receive() async -> (head: String, body: String)? { await blocking { self.readMessage() } }

    /// Whether the other side has closed; waits for it.
    func isClosed() async -> Bool { await blocking { self.read(1) == nil } }

    private func readMessage() -> (head: String, body: String)? {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = read(1) else { return nil }
            bytes += byte
        }
        let head = String(decoding: bytes, as: UTF8.self)
        let field = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
        var left = field.flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
        var body: [UInt8] = []
        while left > 0, let more = read(left) {
            body += more
            left -= more.count
        }
        return (head, String(decoding: body, as: UTF8.self))
    }

    private func blocking<Output: Sendable>(_ body: @escaping @Sendable () -> Output) async -> Output {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }

    private func read(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let read = recv(descriptor, &buffer, count, 0)
        return read > 0 ? Array(buffer.prefix(read)) : nil
    }
}

struct RawConnectionError: Error {
    let errno: Int32
}
