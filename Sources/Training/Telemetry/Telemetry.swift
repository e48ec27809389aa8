public import SignalboxCore
public import Wire

/// What a trainer tells of its runs, and to whom, beside the job's own logs.
public struct Telemetry: Sendable {
    /// Services that keep curves.
    public var trackers: [any Tracker]
    /// W&B run files beside the job's logs; nil for none.
    public var wandb: WandBSettings?
    /// Measures the machine; nil for nobody.
    public var monitor: SystemMonitor?
    /// What the trainer was built from.
    public var provenance: Provenance
    /// The machine; nil: its name alone.
    public var host: HostDescription?
    /// How long trackers are waited for is measured by this one.
    public var clock: any Clock

    /// Telemetry of its parts; without any, the job's logs alone.
    public init(
        trackers: [any Tracker] = [],
        wandb: WandBSettings? = nil,
        monitor: SystemMonitor? = nil,
        provenance: Provenance = Provenance(),
        host: HostDescription? = nil,
        clock: any Clock = SystemClock()
    ) {
        self.trackers = trackers
        self.wandb = wandb
        self.monitor = monitor
        self.provenance = provenance
        self.host = host
        self.clock = clock
    }

    /// The trackers that the environment names. One that is asked for in a way that the trainer does not know is there
    /// too, and says so: no tracker is a reason not to train.
    public mutating func addTrackers(_ environment: Environment, transport: any HTTPTransport) {
        do throws(TrackerError) {
            if let settings = try MLflowSettings(environment) {
                trackers.append(MLflowTracker(settings, transport: transport))
            }
        } catch {
            trackers.append(UnusableTracker(name: "MLflow", problem: error))
        }
        do throws(TrackerError) {
            wandb = try WandBSettings(environment)
        } catch {
            trackers.append(UnusableTracker(name: "W&B", problem: error))
        }
    }
}
