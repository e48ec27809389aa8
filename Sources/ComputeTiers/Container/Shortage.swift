import SignalboxCore

/// What a Google service lacks, where it refuses or ends a run for want of something.
///
/// The services tell it by a reason (https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation,
/// https://cloud.google.com/docs/quotas/troubleshoot), or only in a sentence.
enum Shortage: Equatable {
    /// Machines of that kind at that place.
    case capacity
    /// The project's quota of them.
    case quota
    /// Calls a minute.
    case rate

    private static let rateReasons: Set<String> = [
        "RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded", "concurrentOperationQuotaExceeded",
        "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED",
    ]
    private static let quotaReasons: Set<String> = [
        "QUOTA_EXCEEDED", "quotaExceeded", "RESOURCE_QUOTA_EXCEEDED", "LIMIT_EXCEEDED", "limitExceeded",
    ]
    private static let capacityReasons: Set<String> = [
        "ZONE_RESOURCE_POOL_EXHAUSTED", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "RESOURCE_POOL_EXHAUSTED",
        "stockout", "STOCKOUT", "resourcesNotAvailable",
    ]
    private static let rateWords = ["per minute", "per second", "per 100 seconds", "rate limit"]
    private static let capacityWords = [
        "does not have enough resources", "resource pool exhausted", "resource_pool_exhausted", "stockout",
        "stocked out", "no more capacity", "resources are insufficient", "insufficient resources",
        "insufficient capacity", "not enough capacity", "resources unavailable",
        "resources are currently unavailable", "not have sufficient capacity",
    ]

    /// What is lacking by the words of a service; nil where they tell of something else.
    init?(reason: String?, message: String) {
        let reason = reason ?? ""
        if Self.capacityReasons.contains(reason) {
            self = .capacity
        } else if Self.rateReasons.contains(reason) {
            self = .rate
        } else if Self.quotaReasons.contains(reason) {
            self = .quota
        } else {
            self.init(words: message.lowercased())
        }
    }

    private init?(words: String) {
        if Self.capacityWords.contains(where: words.contains) {
            self = .capacity
        } else if Self.rateWords.contains(where: words.contains) {
            self = .rate
        } else if words.contains("quota"), !words.contains("quota project") {
            // A quota project is what a caller without rights is told to set.
            self = .quota
        } else {
            return nil
        }
    }

    /// What a tier reports of a run that was refused, or ended, for want of this; nil where no run is.
    func tierError(_ message: String) -> TierError? {
        switch self {
        case .capacity: TierError(.capacity, message)
        case .quota: TierError(.quota, message)
        case .rate: nil
        }
    }
}
