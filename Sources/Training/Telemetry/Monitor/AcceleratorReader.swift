/// What an accelerator uses; what it cannot tell is nil.
public struct AcceleratorUsage: Sendable, Equatable {
    /// Its number on this machine.
    public var index: Int
    /// Of the time in which it worked, percent.
    public var utilizationPercent: Double?
    /// Bytes of its memory in use.
    public var memoryUsedBytes: Double?
    /// Bytes of its memory.
    public var memoryTotalBytes: Double?
    /// Of the chip.
    public var temperatureCelsius: Double?

    /// Usage of its parts.
    public init(
        index: Int,
        utilizationPercent: Double? = nil,
        memoryUsedBytes: Double? = nil,
        memoryTotalBytes: Double? = nil,
        temperatureCelsius: Double? = nil
    ) {
        self.index = index
        self.utilizationPercent = utilizationPercent
        self.memoryUsedBytes = memoryUsedBytes
        self.memoryTotalBytes = memoryTotalBytes
        self.temperatureCelsius = temperatureCelsius
    }

    /// The numbers that there are, by name.
    var values: [(name: String, value: Double)] {
        let all: [(String, Double?)] = [
            ("utilization_percent", utilizationPercent), ("memory_used_bytes", memoryUsedBytes),
            ("memory_total_bytes", memoryTotalBytes), ("temperature_celsius", temperatureCelsius),
        ]
        return all.compactMap { name, value in value.map { ("gpu\(index)/\(name)", $0) } }
    }
}

/// Where the machine's accelerators tell what they do.
public protocol AcceleratorReader: Sendable {
    /// For people: who tells.
    var name: String { get }

    /// All accelerators, at most ``AcceleratorLimits/countMax``.
    ///
    /// - Throws: ``AcceleratorError``.
    func read() async throws -> [AcceleratorUsage]
}

/// How much is asked of accelerators.
public enum AcceleratorLimits {
    /// Accelerators of one machine.
    public static let countMax = 16
}

/// Nobody tells what the accelerators do.
public struct AcceleratorError: Error, Equatable, CustomStringConvertible {
    /// What happened, for people.
    public let description: String
}
