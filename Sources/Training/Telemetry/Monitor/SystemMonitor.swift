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
    ///   - usesAccelerators: whether the training does; nil while nothing is trained.
    ///   - take: is given each measurement's numbers by name.
    ///   - warn: is told once that the accelerators cannot be read, once that they idle, and once that there are any
    ///     and the training computes on the processor.
    func run(
        clock: any Clock,
        usesAccelerators: @Sendable () async -> Bool?,
        take: @Sendable ([(name: String, value: Double)]) async -> Void,
        warn: @Sendable (String) async -> Void
    ) async {
        var host = host
        var idle = IdleWatch()
        var (hasFailed, hasLooked) = (false, false)
        while !Task.isCancelled {
            var values = host.sample()
            switch (accelerators, await usesAccelerators()) {
            case (let reader?, true?):
                do {
                    let usages = try await reader.read()
                    values += usages.flatMap(\.values)
                    if let warning = idle.warning(usages, at: clock.now()) { await warn(warning) }
                } catch {
                    // A driver that is busy or restarts tells again later.
                    if !hasFailed, !Task.isCancelled {
                        await warn("\(reader.name) does not tell what accelerators do: \(error)")
                    }
                    hasFailed = true
                }
            case (let reader?, false?) where !hasLooked:
                hasLooked = true
                if let usages = try? await reader.read(), !usages.isEmpty { await warn(Self.unused(usages)) }
            default: break
            }
            await take(values.map { (MetricPoint.systemPrefix + $0.name, $0.value) })
            do { try await clock.sleep(for: .seconds(everySeconds)) } catch { return }
        }
    }

    private static func unused(_ usages: [AcceleratorUsage]) -> String {
        "the plugin computes on the processor, and the machine has accelerators (\(usages.count)): "
            + "is SIGNALBOX_PJRT_PLUGIN the accelerator's?"
    }
}
