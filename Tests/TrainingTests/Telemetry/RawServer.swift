import Foundation
import Glibc
import Synchronization

/// A TCP server on a free port of loopback that gives every connection one answer, or none at all.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let isStopped = Mutex(false)

    /// - Parameter answer: what it says to a request; nil: it takes connections and is silent.
    init(answer: String?) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        guard let answer else { return }
        Thread.detachNewThread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                var request = [UInt8](repeating: 0, count: 64 << 10)
                _ = read(connection, &request, request.count)
                let bytes = Array(answer.utf8)
                _ = write(connection, bytes, bytes.count)
                shutdown(connection, Int32(SHUT_WR))
                // What is left of the request is taken: a reset would lose the answer.
                while read(connection, &request, request.count) > 0 {}
                close(connection)
            }
        }
    }

    /// A port that nobody listens on.
    static func freePort() throws -> UInt16 {
        let server = try RawServer(answer: nil)
        server.stop()
        return server.port
    }

    /// Once is enough: the descriptor may be somebody else's by the second time.
    func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
