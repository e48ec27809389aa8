public import Wire

/// One measured number.
public struct MetricPoint: Sendable, Equatable {
    /// `loss/train`, `loss/validation`, `system/cpu_percent` …
    public let name: String
    /// The number; it may be none (NaN).
    public let value: Double
    /// Steps done when it was measured.
    public let step: Int
    /// When it was measured.
    public let time: Timestamp

    /// A measurement.
    public init(name: String, value: Double, step: Int, time: Timestamp) {
        self.name = name
        self.value = value
        self.step = step
        self.time = time
    }

    /// Whether it tells of the machine and not of the training.
    var isOfSystem: Bool { name.hasPrefix(Self.systemPrefix) }

    /// Before the names of what is measured of the machine.
    static let systemPrefix = "system/"
}
