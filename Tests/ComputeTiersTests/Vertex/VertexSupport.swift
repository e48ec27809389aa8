import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

extension VertexTier {
    /// The tier of a project, with two regions.
    static func ofTests(project: String, endpoint: String, context: ServiceContext) throws -> VertexTier {
        let environment = Environment(["SIGNALBOX_VERTEX_REGION": "us-central1,europe-west4"])
        return VertexTier(
            service: VertexAI(
                project: project,
                endpoint: endpoint,
                credentials: FixedCredentials(token: "token"),
                context: context
            ),
            container: try GoldenOrder().container,
            locations: try #require(try TierLocations(environment, "SIGNALBOX_VERTEX_REGION")),
            machine: "n1-standard-8"
        )
    }
}
