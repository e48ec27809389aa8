import Glibc
public import Wire

/// Appends scalars to a TensorBoard event file on disk.
public struct TensorBoardWriter: ~Copyable {
    /// Where the file is.
    public let path: String
    private let file: Int32
    private let clock: any Clock

    /// Begins a new file in a folder that exists.
    ///
    /// - Throws: `file_unwritable`.
    public init(folder: String, host: String, clock: any Clock) throws(TrainingError) {
        let now = clock.now()
        path = "\(folder)/\(TensorBoardEvents.fileName(at: now, host: host))"
        self.clock = clock
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw TrainingError(.fileUnwritable, "\(path): \(String(cString: strerror(errno)))") }
        try append(TensorBoardEvents.fileVersion(at: now))
    }

    deinit { if file >= 0 { close(file) } }

    /// Adds one number of a curve; it is in the file when this returns.
    ///
    /// - Throws: `file_unwritable`.
    public func scalar(_ tag: String, _ value: Double, step: Int) throws(TrainingError) {
        let record = TensorBoardEvents.scalar(tag, Float(value), step: step, at: clock.now())
        try append(record)
    }

    /// One write(2) a record: who reads the file meanwhile sees whole records.
    private func append(_ record: [UInt8]) throws(TrainingError) {
        var count: Int
        repeat { count = Glibc.write(file, record, record.count) } while count < 0 && errno == EINTR
        guard count == record.count else {
            throw TrainingError(.fileUnwritable, "\(path): \(String(cString: strerror(errno)))")
        }
    }
}
