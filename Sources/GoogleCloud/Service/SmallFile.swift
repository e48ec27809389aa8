import Glibc

/// A file that is read whole.
enum SmallFile {
    /// The bytes of a file; nil where it cannot be read or is longer.
    static func read(_ path: String, bytesMax: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got == 0 { return Array(bytes.prefix(count)) }
            if got > 0 { count += got } else if errno != EINTR { return nil }
        }
        return nil
    }
}
