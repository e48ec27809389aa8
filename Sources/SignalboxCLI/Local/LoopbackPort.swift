import Glibc

/// Ports of 127.0.0.1 that nobody listens on.
enum LoopbackPort {
    /// So many ports that were free a moment ago, all different.
    static func free(_ count: Int) throws(CommandError) -> [Int] {
        var sockets: [Int32] = []
        // Held until all are known, or the system might give one port twice.
        defer { for socket in sockets { close(socket) } }
        var ports: [Int] = []
        for _ in 0..<count {
            let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard file >= 0 else { throw CommandError(.localProcess, "no socket: \(String(cString: strerror(errno)))") }
            sockets.append(file)
            guard let port = bind(file, to: 0) else {
                throw CommandError(.localProcess, "no free port: \(String(cString: strerror(errno)))")
            }
            ports.append(port)
        }
        return ports
    }

    /// Whether nobody listens on a port now.
    static func isFree(_ port: Int) -> Bool {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { return false }
        defer { close(file) }
        // Connections that a listener of before has closed are no listener.
        var reuse: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        return bind(file, to: port) != nil
    }

    /// - Returns: the port that was bound; nil where it cannot be had.
    private static func bind(_ file: Int32, to port: Int) -> Int? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(file, address, length) == 0 && getsockname(file, address, &length) == 0
            }
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
