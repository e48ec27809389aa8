import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

extension CloudRunJobTier {
    /// The tier of a project, with two regions.
    static func ofTests(project: String, endpoint: String, context: ServiceContext) throws -> CloudRunJobTier {
        let environment = Environment(["SIGNALBOX_CLOUD_RUN_REGION": "us-central1,europe-west4"])
        return CloudRunJobTier(
            service: CloudRun(
                project: project,
                endpoint: endpoint,
                credentials: FixedCredentials(token: "token"),
                context: context
            ),
            container: try GoldenOrder().container,
            locations: try #require(try TierLocations(environment, "SIGNALBOX_CLOUD_RUN_REGION"))
        )
    }
}
