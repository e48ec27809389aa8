import Synchronization
import Wire

/// Finds out who tells of the accelerators when it is first asked, on a thread of its own: a driver that hangs must not
/// keep a trainer from its start.
public final class LazyAcceleratorReader: AcceleratorReader {
    /// For people.
    public let name = "NVML or nvidia-smi"

    private let find: @Sendable () -> (any AcceleratorReader)?
    private let found = Mutex<(isKnown: Bool, reader: (any AcceleratorReader)?)>((false, nil))

    /// - Parameter find: gives the reader; nil where the machine has no accelerators.
    public init(_ find: @escaping @Sendable () -> (any AcceleratorReader)?) { self.find = find }

    /// What the reader tells; nothing where there is none.
    public func read() async throws -> [AcceleratorUsage] {
        let (isKnown, known) = found.withLock { $0 }
        if isKnown { return try await known?.read() ?? [] }
        let reader = try await BlockingThread.run { [find] in find() }
        found.withLock { $0 = (true, reader) }
        return try await reader?.read() ?? []
    }
}
