import Glibc
import Wire

/// Reads a `multipart/related` body of two parts (RFC 2387): a JSON resource, then bytes that pass as they come.
///
/// Call ``head()`` once, then ``next()`` to the end. Lines may end in CRLF, as the RFC has it, or in LF, as Google's
/// apitools write them: the first boundary line tells which.
actor MultipartReader: ByteStream {
    private let body: any ByteStream
    private let boundary: [UInt8]
    private var delimiter: [UInt8] = []
    private var buffer: [UInt8] = []
    private var isDone = false

    /// Reads a body with the boundary that its content type names.
    init(_ body: any ByteStream, contentType: String) throws(StorageError) {
        guard let name = Self.boundary(of: contentType), !name.isEmpty else {
            throw .invalid("the content type names no boundary: \(contentType)")
        }
        self.body = body
        boundary = Array("--\(name)".utf8)
    }

    private static func boundary(of contentType: String) -> String? {
        for parameter in contentType.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }).lowercased() == "boundary" else { continue }
            return String(parts[1].filter { $0 != "\"" && $0 != "'" && $0 != " " })
        }
        return nil
    }

    /// The resource of the first part, and the media type of the second.
    ///
    /// - Throws: ``StorageError`` (`invalid`) where the body is not of two parts.
    func head() async throws -> (resource: JSONReader, contentType: String?) {
        let first = try await line()
        guard first.starts(with: boundary) else { throw StorageError.invalid("the body does not begin a part") }
        delimiter = (first.last == 0x0D ? [0x0D, 0x0A] : [0x0A]) + boundary
        _ = try await headers()
        var text: [UInt8] = []
        while let bytes = try await next() {
            text += bytes
            guard text.count <= LocalCloudLimits.multipartMetadataBytesMax else {
                throw StorageError.invalid("the resource is too long")
            }
        }
        isDone = false
        _ = try await line()
        let contentType = try await headers()
        do {
            return (JSONReader(try JSON(parsing: text)), contentType)
        } catch {
            throw StorageError.invalid("the resource is not JSON: \(error)")
        }
    }

    /// The next bytes of the part.
    func next() async throws -> [UInt8]? {
        while !isDone {
            if let end = Self.find(delimiter, in: buffer) {
                isDone = true
                let rest = Array(buffer[..<end])
                buffer.removeFirst(end + delimiter.count)
                return rest.isEmpty ? nil : rest
            }
            let certain = buffer.count - delimiter.count
            if certain > 0 {
                let bytes = Array(buffer[..<certain])
                buffer.removeFirst(certain)
                return bytes
            }
            try await fill()
        }
        return nil
    }

    /// The value of `Content-Type` among the header lines of a part.
    private func headers() async throws -> String? {
        var contentType: String?
        while true {
            let text = String(decoding: try await line(), as: UTF8.self).filter { $0 != "\r" && $0 != "\r\n" }
            guard !text.isEmpty else { return contentType }
            let parts = text.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "content-type" {
                contentType = String(parts[1].drop { $0 == " " })
            }
        }
    }

    /// The next line without its line feed.
    private func line() async throws -> [UInt8] {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            guard buffer.count <= LocalCloudLimits.multipartMetadataBytesMax else {
                throw StorageError.invalid("a line is too long")
            }
            try await fill()
        }
    }

    private func fill() async throws {
        guard let bytes = try await body.next() else { throw StorageError.invalid("the body lacks its end boundary") }
        buffer += bytes
    }

    /// Where a pattern, which is not empty, stands first; by the C library, for it sees every byte of an upload.
    private static func find(_ pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { bytes in
            pattern.withUnsafeBytes { pattern in
                guard let base = bytes.baseAddress, let sought = pattern.baseAddress else { return nil }
                var start = 0
                while start + pattern.count <= bytes.count {
                    let count = bytes.count - pattern.count + 1 - start
                    guard let hit = memchr(base + start, Int32(pattern[0]), count) else { return nil }
                    if memcmp(hit, sought, pattern.count) == 0 { return UnsafeRawPointer(hit) - base }
                    start = UnsafeRawPointer(hit) - base + 1
                }
                return nil
            }
        }
    }
}
