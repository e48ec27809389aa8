import SignalboxCore

/// How a call touches a store.
enum StoreAccess {
    case read
    case write
    /// A write with a precondition.
    case conditionalWrite
}

/// Decides which faults happen, each kind with a rate and a stream of numbers of its own: switching one kind off leaves
/// the others as they were.
struct FaultDice {
    enum StoreFault {
        case before(StoreError)
        case after(StoreError)
    }

    private var randoms: [SimulationRandom]
    /// 0 where the kind is off.
    private let rates: [Double]
    private(set) var counts: [Int]

    init(_ schedule: FleetSchedule, _ root: SimulationRandom) {
        randoms = FaultKind.allCases.map { root.fork(UInt64(100 + $0.index)) }
        counts = FaultKind.allCases.map { _ in 0 }
        var rates: [Double] = []
        for kind in FaultKind.allCases {
            let rate = randoms[kind.index].pick(Self.rates(of: kind))
            rates.append(schedule.faults.contains(kind) ? rate : 0)
        }
        self.rates = rates
    }

    mutating func hit(_ kind: FaultKind) -> Bool {
        let index = kind.index
        guard rates[index] > 0, randoms[index].chance(rates[index]) else { return false }
        counts[index] += 1
        return true
    }

    func isOn(_ kind: FaultKind) -> Bool { rates[kind.index] > 0 }

    /// Numbers of a kind's own stream, for when and how long.
    mutating func random(_ kind: FaultKind, _ range: ClosedRange<Int>) -> Int {
        randoms[kind.index].within(range)
    }

    mutating func count(_ kind: FaultKind) { counts[kind.index] += 1 }

    mutating func storeFault(_ access: StoreAccess) -> StoreFault? {
        if access != .read {
            if hit(.storeContention) { return .before(StoreError(.aborted, "another transaction won")) }
            if access == .conditionalWrite, hit(.storeRetryMetItself) {
                return .after(StoreError(.preconditionFailed, "the first try had landed"))
            }
            if hit(.storeTimeoutAfter) { return .after(StoreError(.unavailable, "timeout")) }
        }
        if hit(.storeRateLimited) { return .before(StoreError(.resourceExhausted, "too many requests")) }
        if hit(.storeUnavailable) { return .before(StoreError(.unavailable, "503")) }
        if hit(.storeTimeoutBefore) { return .before(StoreError(.unavailable, "timeout")) }
        return nil
    }

    /// The probabilities to draw from: of a delivery, a call, a run or a job, whichever the kind is about.
    private static func rates(of kind: FaultKind) -> [Double] {
        switch kind {
        case .deliveryDuplicated, .deliveryReordered, .deliveryDropped: [0.05, 0.3, 0.8]
        case .deliveryDelayed: [0.02, 0.2]
        case .storeContention, .storeRetryMetItself, .storeRateLimited, .storeUnavailable, .storeTimeoutBefore,
            .storeTimeoutAfter, .tierAnswerLost, .tierUnreachable:
            [0.01, 0.05, 0.25]
        case .crashBefore, .crashAfter, .functionPaused, .zombie: [0.005, 0.02, 0.08]
        case .orderInvalid: [0.05, 0.2]
        case .clockSkew: [1]
        default: [0.1, 0.3, 0.7]
        }
    }
}
