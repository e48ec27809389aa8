import Glibc

/// Work that blocks, on a thread of its own, so that it holds none of the few threads that tasks share.
public enum BlockingThread {
    private final class Job {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs the body on a new thread and waits for it as a task waits.
    public static func run<Output: Sendable>(_ body: @escaping @Sendable () throws -> Output) async throws -> Output {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Output, any Error>) in
            let job = Unmanaged.passRetained(Job { continuation.resume(with: Result(catching: body)) })
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, { BlockingThread.threadMain($0) }, job.toOpaque())
            guard status == 0 else {
                job.release()
                continuation.resume(throwing: ArchiveError(.resources, "no thread could be started (errno \(status))"))
                return
            }
            pthread_detach(thread)
        }
    }

    private static func threadMain(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let raw { Unmanaged<Job>.fromOpaque(raw).takeRetainedValue().body() }
        return nil
    }
}
