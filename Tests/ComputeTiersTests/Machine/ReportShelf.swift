import ComputeTiers
import SignalboxCore
import SignalboxTesting
import Testing

/// Where machines put their reports, and a machine's hand.
struct ReportShelf {
    /// What every tier of Google's needs of the environment.
    static let variables = [
        "GOOGLE_CLOUD_PROJECT": "robots", "SIGNALBOX_TRAINER_IMAGE": "us-docker.pkg.dev/robots/signalbox/trainer:1",
        "SIGNALBOX_TRAINER_SERVICE_ACCOUNT": "trainer@robots.iam.gserviceaccount.com",
        "SIGNALBOX_MODEL_KEY": "projects/robots/secrets/model-key/versions/3",
        "SIGNALBOX_TRAINING_BUCKET": "training", "SIGNALBOX_STAGING_BUCKET": "staging",
    ]

    private let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training")
    private let objects: MemoryObjectStore

    init(faults: FaultPlan = .none) {
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
