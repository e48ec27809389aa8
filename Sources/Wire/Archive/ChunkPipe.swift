import Glibc

/// One task's chunks for two threads, each at its own pace, with a bound on what waits.
///
/// The producer suspends while either queue is full; the consumers block while theirs is empty. The chunks are shared,
/// not copied.
final class ChunkPipe: @unchecked Sendable {
    /// The two threads.
    enum Consumer: Int, CaseIterable {
        case parser
        case hasher
    }

    /// Bytes that may wait in one queue before the producer has to.
    static let queueBytesMax = 1 << 20

    private struct Queue {
        var chunks: [[UInt8]] = []
        var bytes = 0
        var isOpen = true
    }

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queues = Consumer.allCases.map { _ in Queue() }
    private var isEnded = false
    private var isAbandoned = false
    private var producer: CheckedContinuation<Void, Never>?

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(arrived)
        lock.deallocate()
        arrived.deallocate()
    }

    /// Hands a chunk to both consumers and waits for room.
    ///
    /// - Returns: whether anybody still wants more.
    func push(_ chunk: [UInt8]) async -> Bool {
        append(chunk)
        await withCheckedContinuation { continuation in
            locked { producer = continuation }
            wakeProducer()
        }
        return locked { !isAbandoned && queues.contains(where: \.isOpen) }
    }

    /// No chunk follows.
    func finish() {
        locked {
            isEnded = true
            pthread_cond_broadcast(arrived)
        }
    }

    /// Nobody wants more: consumers see the end, the producer is told to stop.
    func abandon() {
        locked {
            isAbandoned = true
            isEnded = true
            for index in queues.indices { queues[index] = Queue() }
            pthread_cond_broadcast(arrived)
        }
        wakeProducer()
    }

    /// The consumer wants no more; the other goes on.
    func close(_ consumer: Consumer) {
        locked { queues[consumer.rawValue] = Queue(isOpen: false) }
        wakeProducer()
    }

    /// The next chunk for that consumer, waiting for it; nil at the end.
    func pull(_ consumer: Consumer) -> [UInt8]? {
        let chunk: [UInt8]? = locked {
            while queues[consumer.rawValue].chunks.isEmpty, !isEnded { pthread_cond_wait(arrived, lock) }
            guard !queues[consumer.rawValue].chunks.isEmpty else { return nil }
            let chunk = queues[consumer.rawValue].chunks.removeFirst()
            queues[consumer.rawValue].bytes -= chunk.count
            return chunk
        }
        wakeProducer()
        return chunk
    }

    private func append(_ chunk: [UInt8]) {
        locked {
            guard !isAbandoned else { return }
            for index in queues.indices where queues[index].isOpen {
                queues[index].chunks.append(chunk)
                queues[index].bytes += chunk.count
            }
            pthread_cond_broadcast(arrived)
        }
    }

    /// Resumes the producer outside the lock when it waits and there is room.
    private func wakeProducer() {
        let waiting: CheckedContinuation<Void, Never>? = locked {
            guard queues.allSatisfy({ $0.bytes < Self.queueBytesMax }) else { return nil }
            defer { producer = nil }
            return producer
        }
        waiting?.resume()
    }

    private func locked<Output>(_ body: () -> Output) -> Output {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }
}
