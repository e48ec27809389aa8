import Glibc

/// Runs tasks on whichever thread asks for it, one job after the other, in the order in which they came.
///
/// A schedule runs one process at a time, so the queue alone decides the order. Where a process waits for a thread of
/// its own (the archive reader has two), the queue waits for what that thread hands back.
final class SimulationExecutor: TaskExecutor, @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var next = 0

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

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(lock)
        jobs.append(job)
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(lock)
    }

    /// Whether something waits to run.
    var hasJobs: Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return next < jobs.count
    }

    /// Runs the next job, waiting for one where there is none.
    func runNext() { take().runSynchronously(on: asUnownedTaskExecutor()) }

    private func take() -> UnownedJob {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while next == jobs.count { pthread_cond_wait(arrived, lock) }
        let job = jobs[next]
        next += 1
        if next == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            next = 0
        }
        return job
    }
}
