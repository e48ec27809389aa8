import SignalboxCore
import Wire

/// Answers of Compute Engine as it writes them.
enum ComputeAnswer {
    static let handle =
        "projects/p/zones/us-central1-a/instances/signalbox-job-0123456789abcdef0123456789abcdef-a1"
    /// Labels of the deployment of the golden order.
    static let ours: JSON = ["signalbox-deployment": "d7a11ca6c32b43a6"]
    private static let root = "https://www.googleapis.com/compute/v1/"

    static func instance(_ status: String, _ handle: String = handle, _ labels: JSON = ours) -> JSON {
        [
            "kind": "compute#instance", "id": "4711", "name": .string(String(handle.split(separator: "/").last ?? "")),
            "selfLink": .string(root + handle), "status": .string(status), "labels": labels,
            "creationTimestamp": "2026-01-02T03:04:05.678-07:00",
        ]
    }

    /// What an operation failed with.
    struct Failure {
        let code: String
        let message: String
        let status: Int64

        static let internalError = Failure(code: "INTERNAL_ERROR", message: "Code: '-1'", status: 500)
    }

    private static let stockout = "The zone 'projects/p/zones/us-central1-a' does not have enough resources available."

    /// Failures of an order, and what a tier calls them.
    static let failures: [(Failure, TierError.Code)] = [
        (Failure(code: "ZONE_RESOURCE_POOL_EXHAUSTED", message: stockout, status: 503), .capacity),
        (Failure(code: "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", message: stockout, status: 503), .capacity),
        (Failure(code: "stockout", message: "out of stock", status: 503), .capacity),
        (Failure(code: "QUOTA_EXCEEDED", message: "Quota 'NVIDIA_L4_GPUS' exceeded.", status: 403), .quota),
        (
            Failure(code: "PERMISSIONS_ERROR", message: "Required 'compute.disks.create'", status: 403),
            .permissionDenied
        ),
        (Failure(code: "RESOURCE_NOT_FOUND", message: "The image was not found", status: 404), .invalidOrder),
        (Failure(code: "INVALID_USAGE", message: "No such machine type", status: 400), .invalidOrder),
    ]

    static func operation(
        _ kind: String,
        on handle: String = handle,
        status: String = "DONE",
        failure: Failure? = nil
    ) -> JSON {
        var members: [String: JSON] = [
            "kind": "compute#operation", "id": "1", "name": "operation-1", "operationType": .string(kind),
            "targetLink": .string(root + handle), "status": .string(status), "insertTime": "2026-01-02T03:04:05.678Z",
        ]
        if let failure {
            members["error"] = ["errors": [["code": .string(failure.code), "message": .string(failure.message)]]]
            members["httpErrorStatusCode"] = .integer(failure.status)
            members["httpErrorMessage"] = "planned"
        }
        return .object(members)
    }
}
