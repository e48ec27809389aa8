import Wire

/// Numbers one behind the other: in memory, and in a scratch file once there is to be one.
struct NumberStore: Sendable {
    /// Numbers that are written, or copied, at once: 1 MiB.
    static let bufferCountMax = 1 << 18

    private var file: ScratchFile?
    /// Those that are not in the file.
    private var buffer: [Float] = []

    /// How many there are.
    var count: Int { (file?.count ?? 0) + buffer.count }

    /// From now on memory holds no more than the buffer.
    ///
    /// - Throws: `FileIO.Failure`.
    mutating func useFile(in folder: ScratchFolder) throws(FileIO.Failure) {
        if file == nil { file = try ScratchFile(in: folder) }
        try flush()
    }

    /// Puts numbers behind those that are there.
    ///
    /// - Returns: where they are.
    /// - Throws: `FileIO.Failure`.
    mutating func append(_ numbers: [Float]) throws(FileIO.Failure) -> Range<Int> {
        let start = count
        if file != nil, numbers.count >= Self.bufferCountMax {
            try flush()
            try write(numbers)
        } else {
            buffer += numbers
            if buffer.count >= Self.bufferCountMax { try flush() }
        }
        return start..<count
    }

    /// Puts zeros behind the numbers that are there.
    ///
    /// - Throws: `FileIO.Failure`.
    mutating func append(zeros: Int) throws(FileIO.Failure) {
        for start in stride(from: 0, to: zeros, by: Self.bufferCountMax) {
            _ = try append([Float](repeating: 0, count: min(Self.bufferCountMax, zeros - start)))
        }
    }

    /// Copies a stretch behind all numbers and gives its room back.
    ///
    /// - Parameters:
    ///   - width: Numbers of a row; rows are kept whole.
    ///   - edit: Changes rows on their way.
    /// - Throws: `FileIO.Failure`; `CancellationError` where the task is cancelled meanwhile.
    mutating func move(
        _ stretch: Range<Int>,
        width: Int,
        edit: (inout [Float]) -> Void = { _ in }
    ) throws {
        try flush()
        let step = max(Self.bufferCountMax / max(width, 1), 1) * max(width, 1)
        for start in stride(from: stretch.lowerBound, to: stretch.upperBound, by: step) {
            try Task.checkCancellation()
            let end = min(start + step, stretch.upperBound)
            var rows = try file?.read(start..<end) ?? Array(buffer[start..<end])
            edit(&rows)
            _ = try append(rows)
        }
        file?.discard(stretch)
    }

    /// All of them.
    ///
    /// - Throws: `FileIO.Failure`.
    mutating func numbers() throws(FileIO.Failure) -> StepNumbers {
        try flush()
        return if let file { StepNumbers(try file.map()) } else { StepNumbers(buffer) }
    }

    private mutating func flush() throws(FileIO.Failure) {
        guard file != nil, !buffer.isEmpty else { return }
        try write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func write(_ numbers: [Float]) throws(FileIO.Failure) {
        try numbers.withUnsafeBufferPointer { (memory) throws(FileIO.Failure) -> Void in try file?.append(memory) }
    }
}
