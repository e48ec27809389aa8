import Synchronization

/// Where a task leaves the body of a request and the loop's thread takes it, at most so many bytes ahead of the
/// network.
final class UploadChannel: Sendable {
    /// What is there to send.
    enum Piece {
        /// So many bytes were copied.
        case bytes(Int)
        /// Nothing yet.
        case none
        /// Nothing more.
        case end
        /// Nothing ever.
        case failed(HTTPClientError)
    }

    private struct State: ~Copyable {
        var chunks: [[UInt8]] = []
        /// How much of the first chunk is sent.
        var offset = 0
        var waitingBytes = 0
        var sentBytes: Int64 = 0
        var isStarved = false
        var isEnded = false
        var isClosed = false
        var failure: HTTPClientError?
        var writer: CheckedContinuation<Bool, Never>?
    }

    /// The length of the body in bytes, where it is known.
    let length: Int64?
    private let bytesMax: Int
    private let state: Mutex<State>

    /// The channel for a body; nil where there is none.
    init?(_ body: HTTPRequestBody, bytesMax: Int) {
        self.bytesMax = bytesMax
        var state = State()
        switch body {
        case .none: return nil
        case .bytes(let bytes):
            length = Int64(bytes.count)
            if !bytes.isEmpty { state.chunks = [bytes] }
            state.waitingBytes = bytes.count
            state.isEnded = true
        case .stream(_, let length): self.length = length
        }
        self.state = Mutex(state)
    }

    // MARK: The task's side

    /// Pulls a stream to its end; `wake` tells the loop that there is something again.
    func pull(_ stream: any ByteStream, wake: () -> Void) async {
        do {
            var pulledBytes: Int64 = 0
            while let chunk = try await stream.next() {
                pulledBytes += Int64(chunk.count)
                guard pulledBytes <= length ?? .max else { throw wrongLength("longer") }
                guard await write(chunk, wake: wake) else { return }
            }
            guard pulledBytes == length ?? pulledBytes else { throw wrongLength("shorter") }
            end(nil, wake: wake)
        } catch let error as HTTPClientError where error.code == .requestBodyFailed {
            end(error, wake: wake)
        } catch {
            end(HTTPClientError(.requestBodyFailed, "the body could not be read: \(error)", cause: error), wake: wake)
        }
    }

    private func wrongLength(_ word: String) -> HTTPClientError {
        HTTPClientError(.requestBodyFailed, "the body is \(word) than the \(length ?? 0) bytes that were said")
    }

    /// Adds a chunk and waits while there is no room for more; false once nobody takes them.
    private func write(_ chunk: [UInt8], wake: () -> Void) async -> Bool {
        guard !chunk.isEmpty else { return true }
        return await withCheckedContinuation { continuation in
            let (answer, wakes): (Bool?, Bool) = state.withLock { state in
                guard !state.isClosed else { return (false, false) }
                state.chunks.append(chunk)
                state.waitingBytes += chunk.count
                let wakes = state.isStarved
                state.isStarved = false
                guard state.waitingBytes >= bytesMax else { return (true, wakes) }
                state.writer = continuation
                return (nil, wakes)
            }
            if wakes { wake() }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func end(_ failure: HTTPClientError?, wake: () -> Void) {
        state.withLock { state in
            state.isEnded = true
            state.failure = failure
            state.isStarved = false
        }
        wake()
    }

    // MARK: The loop's side

    /// Whether a held body may go on.
    var isReady: Bool { state.withLock { !$0.chunks.isEmpty || $0.isEnded } }

    /// Whether nothing was taken yet.
    var isUntouched: Bool { state.withLock { $0.sentBytes == 0 } }

    /// Copies what is there into a buffer.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Piece {
        let (piece, writer): (Piece, CheckedContinuation<Bool, Never>?) = state.withLock { state in
            if let failure = state.failure { return (.failed(failure), nil) }
            var count = 0
            while count < buffer.count, let chunk = state.chunks.first {
                let part = min(chunk.count - state.offset, buffer.count - count)
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + part])
                chunk.withUnsafeBytes { room.copyMemory(from: .init(rebasing: $0[state.offset..<state.offset + part])) }
                count += part
                state.offset += part
                guard state.offset == chunk.count else { break }
                state.chunks.removeFirst()
                state.offset = 0
            }
            state.waitingBytes -= count
            state.sentBytes += Int64(count)
            guard count > 0 else {
                state.isStarved = !state.isEnded
                return (state.isEnded ? .end : .none, nil)
            }
            return (.bytes(count), state.waitingBytes < bytesMax ? state.writer.take() : nil)
        }
        writer?.resume(returning: true)
        return piece
    }

    /// Takes no more.
    func close() {
        let writer = state.withLock { state in
            state.isClosed = true
            state.chunks = []
            return state.writer.take()
        }
        writer?.resume(returning: false)
    }
}
