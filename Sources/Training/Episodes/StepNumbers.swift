/// Numbers of an episode's steps, in memory or in a file that is mapped into it.
public struct StepNumbers: RandomAccessCollection, ExpressibleByArrayLiteral, Equatable, Sendable {
    private enum Storage: Sendable {
        case memory([Float])
        case file(FileMapping)
    }

    /// The first number's index; 0 but for what was cut out of others.
    public let startIndex: Int
    /// The index behind the last number.
    public let endIndex: Int

    private let storage: Storage
    /// Where in the storage the number of index 0 is.
    private let origin: Int

    /// Numbers in memory.
    public init(_ numbers: [Float]) { self.init(.memory(numbers), origin: 0, 0..<numbers.count) }

    /// Numbers in memory.
    public init(arrayLiteral elements: Float...) { self.init(elements) }

    /// The numbers of a file.
    init(_ mapping: FileMapping) { self.init(.file(mapping), origin: 0, 0..<mapping.numbers.count) }

    private init(_ storage: Storage, origin: Int, _ bounds: Range<Int>) {
        self.storage = storage
        self.origin = origin
        startIndex = bounds.lowerBound
        endIndex = bounds.upperBound
    }

    /// A number.
    public subscript(position: Int) -> Float {
        precondition(indices.contains(position), "no number there")
        return switch storage {
        case .memory(let numbers): numbers[origin + position]
        case .file(let mapping): mapping.numbers[origin + position]
        }
    }

    /// Some of the numbers, which keep their indices.
    public subscript(bounds: Range<Int>) -> StepNumbers {
        precondition(bounds.lowerBound >= startIndex && bounds.upperBound <= endIndex, "no numbers there")
        return StepNumbers(storage, origin: origin, bounds)
    }

    /// The numbers of a step.
    func row(_ step: Int, width: Int) -> StepNumbers { self[step * width..<(step + 1) * width] }

    /// Some of the numbers, counted from 0.
    func stretch(_ bounds: Range<Int>) -> StepNumbers {
        let cut = self[bounds]
        return StepNumbers(storage, origin: origin + cut.startIndex, 0..<cut.count)
    }

    /// The numbers' memory, as long as the call lasts.
    public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        let place = origin + startIndex..<origin + endIndex
        switch storage {
        case .memory(let numbers):
            return try numbers.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[place])) }
        case .file(let mapping):
            return try withExtendedLifetime(mapping) {
                try body(UnsafeBufferPointer(rebasing: mapping.numbers[place]))
            }
        }
    }

    /// The numbers' memory, as long as the call lasts.
    public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result? { try withUnsafeBufferPointer(body) }

    /// The numbers' bytes, as long as the call lasts.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the numbers are the same, wherever they are.
    public static func == (left: StepNumbers, right: StepNumbers) -> Bool {
        left.withUnsafeBufferPointer { own in
            right.withUnsafeBufferPointer { other in own.elementsEqual(other) }
        }
    }
}
