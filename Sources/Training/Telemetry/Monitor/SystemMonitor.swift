import Wire

/// Measures the machine beside the training, every so often.
public struct SystemMonitor: Sendable {
    /// From one measurement to the next, where nothing else is said.
    public static let secondsStandard = 15

    /// From one measurement to the next.
    public var everySeconds: Int
    /// Reads the machine and this process.
    public var host: HostReader
    /// Reads the accelerators; nil where there are none.
    public var accelerators: (any AcceleratorReader)?

    /// A monitor of its parts.
    public init(
        everySeconds: Int = secondsStandard,
        host: HostReader,
        accelerators: (any AcceleratorReader)? = nil
    ) {
        self.everySeconds = everySeconds
        self.host = host
        self.accelerators = accelerators
    }

    /// Measures until it is cancelled.
    ///
    /// - Parameters:
    ///   - usesAccelerators: whether the training does by now.
    ///   - take: is given each measurement's numbers by name.
    ///   - warn: is told once that the accelerators cannot be read, and once that they idle.
    func run(
        clock: any Clock,
        usesAccelerators: @Sendable () async -> Bool,
        take: @Sendable ([(name: String, value: Double)]) async -> Void,
        warn: @Sendable (String) async -> Void
    ) async {
        var host = host
        var reader = accelerators
        var idle = IdleWatch()
        while !Task.isCancelled {
            var values = host.sample()
            if let asked = reader, await usesAccelerators() {
                do {
                    let usages = try await asked.read()
                    values += usages.flatMap(\.values)
                    if let warning = idle.warning(usages, at: clock.now()) { await warn(warning) }
                } catch {
                    reader = nil
                    if !Task.isCancelled { await warn("\(asked.name) does not tell what accelerators do: \(error)") }
                }
            }
            await take(values.map { (MetricPoint.systemPrefix + $0.name, $0.value) })
            do { try await clock.sleep(for: .seconds(everySeconds)) } catch { return }
        }
    }
}
