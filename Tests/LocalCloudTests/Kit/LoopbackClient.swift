import Foundation
import Wire

/// A response that was read to its end.
struct TestResponse: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// The body as JSON; null where it is none.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }

    /// The `reason` of a Cloud Storage error.
    var reason: String? {
        guard case .array(let errors) = json["error"]?["errors"] else { return nil }
        return errors.first?["reason"]?.stringValue
    }

    /// The `status` of a Firestore error.
    var rpcStatus: String? { json["error"]?["status"]?.stringValue }
}

/// HTTP/1.1 on bare sockets, one connection a request, so that a test can break a request off where it likes.
struct LoopbackClient: Sendable {
    let port: Int

    struct Failure: Error { let message: String }

    /// Sends a request and reads the answer to its end.
    func send(
        _ method: String,
        _ target: String,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws -> TestResponse {
        let head = head(method, target, headers, length: body.count)
        return try await onThread {
            let descriptor = try connect()
            defer { close(descriptor) }
            try write(descriptor, head + body)
            return try read(descriptor)
        }
    }

    /// Sends JSON.
    func send(_ method: String, _ target: String, _ body: JSON) async throws -> TestResponse {
        try await send(method, target, headers: [("content-type", "application/json")], body: body.bytes)
    }

    /// Says that a whole body will come, sends the beginning of it, and cuts the connection.
    func sendPart(
        _ method: String,
        _ target: String,
        headers: [(String, String)] = [],
        part: [UInt8],
        of length: Int
    ) async throws {
        let head = head(method, target, headers, length: length)
        try await onThread {
            let descriptor = try connect()
            defer { close(descriptor) }
            try write(descriptor, head + part)
        }
    }

    /// Sends the beginning of a body and leaves the connection open; the caller closes the descriptor.
    func openPart(_ method: String, _ target: String, part: [UInt8], of length: Int) async throws -> Int32 {
        let head = head(method, target, [], length: length)
        return try await onThread {
            let descriptor = try connect()
            try write(descriptor, head + part)
            return descriptor
        }
    }

    /// Asks for `/healthz` on a connection that stays open; the caller closes the descriptor.
    func openIdle() async throws -> Int32 {
        try await onThread {
            let descriptor = try connect()
            try write(descriptor, Array("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8))
            var byte: UInt8 = 0
            guard recv(descriptor, &byte, 1, 0) == 1 else { throw Failure(message: "no answer") }
            return descriptor
        }
    }

    private func head(_ method: String, _ target: String, _ headers: [(String, String)], length: Int) -> [UInt8] {
        var lines = ["\(method) \(target) HTTP/1.1", "Connection: close", "Content-Length: \(length)"]
        if !headers.contains(where: { $0.0.lowercased() == "host" }) { lines.append("Host: 127.0.0.1:\(port)") }
        lines += headers.map { "\($0.0): \($0.1)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Blocking calls get a thread of their own: the server under test lives on the shared ones.
    private func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    private func connect() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, result == 0 else { throw Failure(message: "connect: \(errno)") }
        return descriptor
    }

    private func write(_ descriptor: Int32, _ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(message: "send: \(errno)") }
            sent += count
        }
    }

    private func read(_ descriptor: Int32) throws -> TestResponse {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Failure(message: "no answer") }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers.add(String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
        }
        return TestResponse(status: status ?? 0, headers: headers, body: Array(bytes[end.upperBound...]))
    }
}
