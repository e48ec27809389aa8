/// Bytes in chunks, pulled one at a time by one reader: who does not pull holds the sender back.
public protocol ByteStream: Sendable {
    /// The next chunk, never empty; nil at the end.
    func next() async throws -> [UInt8]?
}

/// A stream is longer than its reader is ready to hold.
public struct ByteStreamTooLong: Error, Equatable, CustomStringConvertible {
    /// What was allowed.
    public let bytesMax: Int

    /// One line for people.
    public var description: String { "the body is longer than \(bytesMax) bytes" }
}

extension ByteStream {
    /// All bytes.
    ///
    /// - Throws: ``ByteStreamTooLong`` beyond `bytesMax`; what the stream throws.
    public func collect(bytesMax: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await next() {
            guard bytes.count + chunk.count <= bytesMax else { throw ByteStreamTooLong(bytesMax: bytesMax) }
            bytes += chunk
        }
        return bytes
    }
}

/// A stream of bytes at hand, in chunks of a size.
public actor BytesStream: ByteStream {
    private var rest: ArraySlice<UInt8>
    private let chunkBytes: Int

    /// A stream of these bytes.
    public init(_ bytes: [UInt8], chunkBytes: Int = 1 << 20) {
        rest = bytes[...]
        self.chunkBytes = chunkBytes
    }

    /// The next chunk.
    public func next() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        let chunk = rest.prefix(chunkBytes)
        rest = rest.dropFirst(chunk.count)
        return Array(chunk)
    }
}
