import Dispatch

/// Runs an actor's work on a dispatch queue of its own, so that long arithmetic never keeps the tasks of the shared
/// pool waiting: heartbeats and signals go on where there is one core.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let work = UnownedJob(job)
        queue.async { work.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
