/// What can go wrong in a simulated fleet; each kind is on in a share of the schedules.
public enum FaultKind: String, Sendable, CaseIterable {
    // MARK: Deliveries
    /// An event comes twice, perhaps to two regions at once.
    case deliveryDuplicated = "delivery_duplicated"
    /// Events overtake each other by minutes.
    case deliveryReordered = "delivery_reordered"
    /// An event comes hours late.
    case deliveryDelayed = "delivery_delayed"
    /// An event never comes.
    case deliveryDropped = "delivery_dropped"

    // MARK: Stores
    /// 409: another transaction is said to have won; nothing is written.
    case storeContention = "store_contention"
    /// 412 or 409 though the write landed: the client's own retry met its first try.
    case storeRetryMetItself = "store_retry_met_itself"
    /// 429.
    case storeRateLimited = "store_rate_limited"
    /// 503: nothing is written.
    case storeUnavailable = "store_unavailable"
    /// A timeout; nothing is written.
    case storeTimeoutBefore = "store_timeout_before"
    /// A timeout; the write landed.
    case storeTimeoutAfter = "store_timeout_after"

    // MARK: Processes
    /// A process is killed at a call, before its effect.
    case crashBefore = "crash_before"
    /// A process is killed at a call, after its effect.
    case crashAfter = "crash_after"
    /// A function's instance stands still for longer than its lease.
    case functionPaused = "function_paused"
    /// A trainer stands still for minutes or hours and comes back.
    case zombie
    /// Clocks of regions and machines differ by up to 30 s.
    case clockSkew = "clock_skew"

    // MARK: Tiers
    /// A tier cannot be reached for a while.
    case tierUnreachable = "tier_unreachable"
    /// A tier is taken out of the functions' configuration for a while.
    case tierUnconfigured = "tier_unconfigured"
    /// The tier did what it was asked, and its answer is lost.
    case tierAnswerLost = "tier_answer_lost"
    /// There is no capacity for a while.
    case stockout
    /// The quota is used up for a while.
    case quota
    /// The credentials are refused for a while.
    case permissionDenied = "permission_denied"
    /// The tier refuses an order for good.
    case orderInvalid = "order_invalid"
    /// The tier takes an order and refuses it afterwards.
    case refusedAfterwards = "refused_afterwards"
    /// A run waits in the tier's queue for minutes or hours.
    case queued
    /// The machine is taken back, with a notice.
    case preemptedWithNotice = "preempted_with_notice"
    /// The machine is taken back without a word.
    case preemptedSilently = "preempted_silently"
    /// The machine fails.
    case machineLost = "machine_lost"
    /// The tier forgets a run; its machine may live on.
    case runForgotten = "run_forgotten"
    /// The tier starts a run's trainer anew; the old process is out of reach for a while and comes back.
    case requeued
    /// A cancel is answered and does nothing.
    case cancelLost = "cancel_lost"
    /// A run takes long to stop that is cancelled or whose trainer has ended, now and then longer than a silent tier is
    /// waited for.
    case cancelSlow = "cancel_slow"

    // MARK: Trainers
    /// The trainer ends with status 1.
    case trainerCrash = "trainer_crash"
    /// The trainer reports a failure.
    case trainerFailure = "trainer_failure"
    /// The trainer's checkpoint does not restore.
    case canaryFailure = "canary_failure"
    /// The trainer does not mind its time limit; asked to stop it hangs, and only its reports go on.
    case trainerOverdue = "trainer_overdue"

    // MARK: Users and what lies about
    /// Somebody asks for a job to be cancelled.
    case cancelRequest = "cancel_request"
    /// Somebody asks for a failed job to be tried again.
    case retry
    /// A package is uploaded again.
    case uploadAgain = "upload_again"
    /// A package is not what its manifest says.
    case uploadTampered = "upload_tampered"
    /// An object of an older job lies in the place of an attempt's spec.
    case specTaken = "spec_taken"

    /// The place in ``allCases``.
    var index: Int { Self.indices[self] ?? 0 }

    private static let indices = Dictionary(uniqueKeysWithValues: zip(allCases, allCases.indices))
}
