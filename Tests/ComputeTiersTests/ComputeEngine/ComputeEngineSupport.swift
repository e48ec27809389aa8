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

/// Where machines put their reports, and a machine's hand.
struct ReportShelf {
    private let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training")
    private let objects: MemoryObjectStore
    let faults: FaultPlan

    init(faults: FaultPlan = .none) {
        self.faults = faults
        objects = MemoryObjectStore(clock: ManualClock(), faults: faults)
    }

    var reports: ExitReports { ExitReports(objects: objects, layout: layout) }

    /// Writes what the script of a run's machine writes.
    func put(_ text: String, of run: String) async throws {
        let (jobID, attempt) = try #require(RunOrder.parse(run))
        let name = ObjectName(bucket: "training", name: "jobs/\(jobID)/attempt-\(attempt)/exit.txt")
        _ = try await objects.create(name, Array(text.utf8), contentType: "text/plain")
    }
}
