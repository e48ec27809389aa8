import SignalboxCore
import SignalboxTesting
import Wire

extension Manifest {
    /// One of no episodes.
    static let sample = Manifest(
        robotID: "arm-7",
        environmentID: "lab-3",
        software: Manifest.Software(continuonBrainRuntime: "1.0", continuonAIApp: "2.0"),
        captureStart: ManualClock().now(),
        captureEnd: ManualClock().now(),
        packagedAt: ManualClock().now(),
        archive: Manifest.Blob(path: "archive.zip", size: 1, digest: SHA256.digest(of: "archive")),
        episodes: [],
        training: nil
    )
}
