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
            guard let port = bindAny(file) else {
                throw CommandError(.localProcess, "no free port: \(String(cString: strerror(errno)))")
            }
            ports.append(port)
        }
        return ports
    }

    private static func bindAny(_ file: Int32) -> Int? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(file, address, length) == 0 && getsockname(file, address, &length) == 0
            }
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
