import SignalboxCore
import Wire

/// The bytes of one generation of an object, over as many connections as it takes.
actor PinnedDownload: ByteStream {
    private let url: String
    private let client: ServiceClient
    private let metadata: ObjectMetadata
    private let end: Int64
    private var offset: Int64
    private var body: (any ByteStream)?
    /// Bytes to drop of a body that starts before the offset.
    private var surplus: Int64 = 0
    private var checksum: CRC32C?
    /// Connections since the last byte.
    private var attempt = 0
    private var lastByte: Timestamp

    init(url: String, client: ServiceClient, metadata: ObjectMetadata, range: Range<Int64>) {
        self.url = url
        self.client = client
        self.metadata = metadata
        offset = range.lowerBound
        end = range.upperBound
        checksum = range == 0..<metadata.size && metadata.crc32c != nil ? CRC32C() : nil
        lastByte = client.context.clock.now()
    }

    /// Asks for the bytes that are still to come.
    func open() async throws(StoreError) {
        guard offset < end else { return }
        var query = Query()
        query.add("alt", "media")
        query.add("generation", metadata.generation)
        var request = HTTPRequest(url: url + query.text)
        // The stored bytes, whatever their encoding: nothing is decompressed on the way.
        request.headers["Accept-Encoding"] = "gzip"
        if offset > 0 || end < metadata.size { request.headers["Range"] = "bytes=\(offset)-\(end - 1)" }
        do throws(ServiceError) {
            let response = try await client.call(request, .idempotent, accepting: [200, 206]) { $0 }.value
            // A server may answer a range with the whole.
            surplus = response.status == 200 ? offset : 0
            body = response.body
        } catch {
            throw error.storeError(metadata.name.uri)
        }
    }

    /// The next bytes.
    ///
    /// - Throws: ``StoreError``: `dataLoss` at the end of bytes that do not match their checksum.
    func next() async throws -> [UInt8]? {
        while offset < end {
            do {
                guard let body else { throw ServiceError(code: .unavailable, message: "no connection") }
                if let chunk = try await body.next() {
                    let piece = take(chunk)
                    if !piece.isEmpty { return piece }
                } else {
                    throw ServiceError(
                        code: .unavailable,
                        message: "the body ended \(end - offset) bytes too early",
                        isRetriable: true
                    )
                }
            } catch {
                try await goOn(after: ServiceError(error))
            }
        }
        body = nil
        if let checksum, checksum != metadata.crc32c {
            throw StoreError(.dataLoss, "\(metadata.name): the bytes do not match their CRC32C")
        }
        return nil
    }

    /// The part of a chunk that is wanted.
    private func take(_ chunk: [UInt8]) -> [UInt8] {
        let dropped = min(surplus, Int64(chunk.count))
        surplus -= dropped
        let count = min(Int64(chunk.count) - dropped, end - offset)
        let isWhole = dropped == 0 && count == Int64(chunk.count)
        let piece = isWhole ? chunk : Array(chunk.dropFirst(Int(dropped)).prefix(Int(count)))
        guard !piece.isEmpty else { return piece }
        offset += Int64(piece.count)
        checksum?.update(piece)
        attempt = 0
        lastByte = client.context.clock.now()
        return piece
    }

    /// Connects anew from the byte reached, within the bounds of the policy for each byte of progress.
    private func goOn(after failure: ServiceError) async throws(StoreError) {
        body = nil
        attempt += 1
        let context = client.context
        guard failure.isRetriable,
            let delay = context.retryPolicy.delay(
                afterAttempt: attempt,
                elapsed: context.clock.now() - lastByte,
                retryAfter: nil,
                random: context.random
            )
        else { throw failure.storeError(metadata.name.uri) }
        do {
            try await context.clock.sleep(for: delay)
        } catch {
            throw ServiceError(error).storeError(metadata.name.uri)
        }
        try await open()
    }
}
