import Synchronization

/// Where the loop's thread leaves an answer and a task takes it: a head, then at most so many bytes ahead of the
/// reader.
final class ResponseChannel: Sendable {
    private struct State: ~Copyable {
        var head: HTTPResponseHead?
        var headWaiter: CheckedContinuation<HTTPResponseHead, any Error>?
        var bytes: [UInt8] = []
        var reader: CheckedContinuation<[UInt8]?, any Error>?
        var isHeld = false
        var isEnded = false
        var failure: HTTPClientError?
    }

    /// What an empty buffer is first given, to save it from growing byte by byte.
    private static let reserveBytes = 64 << 10

    private let bytesMax: Int
    private let state = Mutex(State())

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Whether the exchange is over for its tasks.
    var isEnded: Bool { state.withLock { $0.isEnded } }

    /// Whether a held body may go on.
    var hasRoom: Bool { state.withLock { $0.bytes.count < bytesMax || $0.isEnded } }

    // MARK: The task's side

    /// Waits for the head of what `start` sets in motion.
    func head(start: () -> Void) async throws -> HTTPResponseHead {
        try await withCheckedThrowingContinuation { continuation in
            let failure: HTTPClientError? = state.withLock { state in
                guard !state.isEnded else { return state.failure }
                state.headWaiter = continuation
                return nil
            }
            if let failure { return continuation.resume(throwing: failure) }
            start()
        }
    }

    /// Takes all bytes that are there, or waits for some; `resume` lets a held body go on.
    func next(resume: () -> Void) async throws -> [UInt8]? {
        enum Now {
            case chunk([UInt8], wasHeld: Bool)
            case end
            case failure(HTTPClientError)
            case later
        }
        return try await withCheckedThrowingContinuation { continuation in
            let now: Now = state.withLock { state in
                if !state.bytes.isEmpty {
                    let chunk = state.bytes
                    state.bytes = []
                    defer { state.isHeld = false }
                    return .chunk(chunk, wasHeld: state.isHeld)
                }
                if let failure = state.failure { return .failure(failure) }
                if state.isEnded { return .end }
                precondition(state.reader == nil, "a body has one reader at a time")
                state.reader = continuation
                return .later
            }
            switch now {
            case .chunk(let chunk, let wasHeld):
                if wasHeld { resume() }
                continuation.resume(returning: chunk)
            case .end: continuation.resume(returning: nil)
            case .failure(let error): continuation.resume(throwing: error)
            case .later: break
            }
        }
    }

    // MARK: The loop's side

    /// Hands over the head.
    func deliver(_ head: HTTPResponseHead) {
        let waiter = state.withLock { state in
            state.head = head
            return state.headWaiter.take()
        }
        waiter?.resume(returning: head)
    }

    /// Takes bytes; false where they must wait for the reader.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.isEmpty else { return true }
        var chunk: [UInt8] = []
        let (isTaken, reader) = state.withLock { state in
            if let reader = state.reader.take() {
                chunk = Array(bytes)
                return (true, Optional(reader))
            }
            guard state.bytes.count < bytesMax, !state.isEnded else {
                state.isHeld = true
                return (false, nil)
            }
            if state.bytes.isEmpty { state.bytes.reserveCapacity(Self.reserveBytes) }
            state.bytes.append(contentsOf: bytes)
            return (true, nil)
        }
        reader?.resume(returning: chunk)
        return isTaken
    }

    /// Ends the exchange, well without a failure; false where it had ended.
    @discardableResult
    func end(_ failure: HTTPClientError?) -> Bool {
        let (isFirst, waiter, reader) = state.withLock { state in
            guard !state.isEnded else {
                return (
                    false, CheckedContinuation<HTTPResponseHead, any Error>?.none,
                    CheckedContinuation<[UInt8]?, any Error>?.none
                )
            }
            state.isEnded = true
            state.failure = failure
            return (true, state.headWaiter.take(), state.reader.take())
        }
        let error = failure ?? HTTPClientError(.badResponse, "the host ended the exchange without an answer")
        waiter?.resume(throwing: error)
        if let failure { reader?.resume(throwing: failure) } else { reader?.resume(returning: nil) }
        return isFirst
    }
}
