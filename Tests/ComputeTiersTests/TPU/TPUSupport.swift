import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing
import Wire

extension TPUTier {
    /// The tier of a project, with two zones.
    static func ofTests(
        project: String,
        endpoint: String,
        context: ServiceContext,
        reports: ReportShelf = ReportShelf(),
        machines: TPUMachines = TPUMachines()
    ) throws -> TPUTier {
        let environment = Environment(["SIGNALBOX_TPU_ZONE": "us-west4-a,europe-west4-b"])
        return TPUTier(
            service: CloudTPU(
                project: project,
                endpoint: endpoint,
                credentials: FixedCredentials(token: "token"),
                context: context
            ),
            container: try GoldenOrder().container,
            locations: try #require(try TierLocations(environment, "SIGNALBOX_TPU_ZONE")),
            machines: machines,
            reports: reports.reports
        )
    }
}

/// Answers of Cloud TPU as it writes them.
enum TPUAnswer {
    static let run = "signalbox-job-0123456789abcdef0123456789abcdef-a1"
    static let handle = "projects/p/locations/us-west4-a/queuedResources/\(run)"
    /// Labels of the deployment of the golden order.
    static let ours: JSON = ["signalbox-deployment": "d7a11ca6c32b43a6"]
    static let node = "projects/p/locations/us-west4-a/nodes/\(run)"

    static func resource(
        _ state: String,
        initiator: String? = nil,
        error: JSON? = nil,
        isSpot: Bool = true,
        labels: JSON = ours,
        handle: String = handle
    ) -> JSON {
        var standing: [String: JSON] = ["state": .string(state)]
        standing["stateInitiator"] = initiator.map { .string($0) }
        if let error { standing["failedData"] = ["error": error] }
        var members: [String: JSON] = [
            "name": .string(handle), "createTime": "2026-01-02T03:04:05.678Z", "state": .object(standing),
            "tpu": [
                "nodeSpec": [
                    [
                        "parent": "projects/p/locations/us-west4-a", "nodeId": .string(run),
                        "node": [
                            "acceleratorType": "v5litepod-8", "runtimeVersion": "v2-alpha-tpuv5-lite", "labels": labels,
                        ],
                    ]
                ]
            ],
        ]
        if isSpot { members["spot"] = .object([:]) }
        return .object(members)
    }

    static func node(_ state: String, _ health: String? = nil) -> JSON {
        var members: [String: JSON] = ["name": .string(node), "state": .string(state)]
        members["healthDescription"] = health.map { .string($0) }
        return .object(members)
    }
}
