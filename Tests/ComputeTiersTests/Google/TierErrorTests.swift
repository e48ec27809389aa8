import ComputeTiers
import GoogleCloud
import SignalboxCore
import Testing

@Suite struct TierErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: StoreError.Code
        let reason: String?
        let message: String
        let expected: TierError.Code
        var isOutcomeUnknown = false

        var testDescription: String { "\(status) \(reason ?? "-") \(message)" }
    }

    static let stockout =
        "The zone 'projects/p/zones/us-central1-a' does not have enough resources available to fulfill the request."
    static let vertexQuota =
        "The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_training_cpus"
    static let callQuota =
        "Quota exceeded for quota metric 'Job create requests' and limit 'Job create requests per minute per region'"

    static let cases = [
        Case(status: .unavailable, reason: nil, message: "HTTP 503", expected: .unreachable),
        Case(status: .aborted, reason: nil, message: "HTTP 409", expected: .unreachable),
        Case(status: .cancelled, reason: nil, message: "the call was cancelled", expected: .unreachable),
        Case(status: .unauthenticated, reason: nil, message: "HTTP 401", expected: .permissionDenied),
        Case(status: .permissionDenied, reason: "IAM_PERMISSION_DENIED", message: "no", expected: .permissionDenied),
        Case(status: .permissionDenied, reason: "quotaExceeded", message: "Quota 'GPUS' exceeded", expected: .quota),
        Case(status: .permissionDenied, reason: "rateLimitExceeded", message: "slow down", expected: .unreachable),
        Case(
            status: .permissionDenied,
            reason: nil,
            message: "The API requires a quota project, which is not set by default.",
            expected: .permissionDenied
        ),
        Case(status: .resourceExhausted, reason: nil, message: vertexQuota, expected: .quota),
        Case(status: .resourceExhausted, reason: nil, message: callQuota, expected: .unreachable),
        Case(status: .resourceExhausted, reason: "RATE_LIMIT_EXCEEDED", message: "quota", expected: .unreachable),
        Case(status: .resourceExhausted, reason: nil, message: "try again", expected: .unreachable),
        Case(status: .resourceExhausted, reason: nil, message: stockout, expected: .capacity),
        Case(status: .unavailable, reason: "ZONE_RESOURCE_POOL_EXHAUSTED", message: "no", expected: .capacity),
        Case(
            status: .unavailable,
            reason: "ZONE_RESOURCE_POOL_EXHAUSTED",
            message: "no",
            expected: .unreachable,
            isOutcomeUnknown: true
        ),
        Case(status: .invalidArgument, reason: nil, message: "unknown machine type", expected: .invalidOrder),
        Case(status: .notFound, reason: nil, message: "no such zone", expected: .invalidOrder),
        Case(status: .alreadyExists, reason: nil, message: "there", expected: .invalidOrder),
        Case(status: .preconditionFailed, reason: nil, message: "no", expected: .invalidOrder),
        Case(
            status: .invalidArgument,
            reason: nil,
            message: "no",
            expected: .unreachable,
            isOutcomeUnknown: true
        ),
    ]

    @Test(arguments: cases) func meansToATier(_ example: Case) {
        let error = APIError(
            code: example.status,
            reason: example.reason,
            message: example.message,
            isOutcomeUnknown: example.isOutcomeUnknown
        )
        #expect(TierError(error) == TierError(example.expected, example.message))
    }
}
