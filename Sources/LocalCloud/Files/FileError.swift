import Glibc

/// A call to the kernel that failed.
struct FileError: Error, CustomStringConvertible {
    let operation: String
    let path: String
    let code: Int32

    /// The error that the last call on this thread left.
    static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: errno)
    }

    var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
}
