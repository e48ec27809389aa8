import ComputeTiers
import GoogleCloud
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

extension ComputeEngineTier {
    /// The tier of a project, with two zones, that never waits.
    static func ofTests(
        project: String,
        endpoint: String,
        context: ServiceContext,
        reports: ReportShelf = ReportShelf(),
        machines: ComputeEngineMachines = ComputeEngineMachines(machine: "n2-standard-8")
    ) throws -> ComputeEngineTier {
        let environment = Environment(["SIGNALBOX_COMPUTE_ZONE": "us-central1-a,europe-west4-b"])
        return ComputeEngineTier(
            service: ComputeEngine(
                project: project,
                endpoint: endpoint,
                credentials: FixedCredentials(token: "token"),
                context: context
            ),
            container: try GoldenOrder().container,
            locations: try #require(try TierLocations(environment, "SIGNALBOX_COMPUTE_ZONE")),
            machines: machines,
            reports: reports.reports,
            clock: ManualClock(skipsSleep: true)
        )
    }
}
