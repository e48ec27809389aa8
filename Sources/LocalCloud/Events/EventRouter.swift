import Wire

/// Sends what the outbox holds: at least once, each receiver at its own pace, later again what was not taken.
actor EventRouter {
    /// What became of an attempt.
    private enum Outcome {
        case taken
        case refused(cause: String, retryAfter: Int64?)
    }

    private let store: Store
    private let outbox: Outbox
    private let policy: DeliveryPolicy
    private let transport: any HTTPTransport
    private let clock: any Clock
    private let random: any RandomSource
    private let log: @Sendable (JSON) -> Void
    /// The rows that are being sent, by receiver.
    private var underWay: [String: Set<Int64>] = [:]

    /// A router that does not run yet.
    init(
        store: Store,
        outbox: Outbox,
        policy: DeliveryPolicy,
        transport: any HTTPTransport,
        clock: any Clock,
        random: any RandomSource,
        log: @escaping @Sendable (JSON) -> Void
    ) {
        self.store = store
        self.outbox = outbox
        self.policy = policy
        self.transport = transport
        self.clock = clock
        self.random = random
        self.log = log
    }

    /// Sends until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                var wake: Timestamp?
                do {
                    let (ready, next) = try await due()
                    wake = next
                    for (entry, receiver) in ready {
                        underWay[receiver.name, default: []].insert(entry.id)
                        group.addTask { await self.deliver(entry, to: receiver) }
                    }
                } catch {
                    guard !Task.isCancelled else { break }
                    log(["severity": "ERROR", "message": .string("the outbox cannot be read: \(error)")])
                    wake = clock.now() + policy.backoffMax
                }
                await outbox.signal.wait(until: wake, clock: clock)
            }
            group.cancelAll()
        }
    }

    /// What can be sent now, and when there is more.
    private func due() async throws -> (ready: [(OutboxEntry, Outbox.Receiver)], next: Timestamp?) {
        let now = clock.now()
        var ready: [(OutboxEntry, Outbox.Receiver)] = []
        var next: Timestamp?
        for receiver in outbox.receivers {
            // What is under way now may end while the rows are read, and would then look as if it had not been sent.
            let known = underWay[receiver.name] ?? []
            let (entries, later) = try await store.read { database in
                (
                    try OutboxEntry.due(
                        database,
                        subscription: receiver.name,
                        now: now,
                        countMax: 2 * receiver.concurrencyMax
                    ),
                    try OutboxEntry.nextDue(database, subscription: receiver.name, now: now)
                )
            }
            let free = max(0, receiver.concurrencyMax - (underWay[receiver.name]?.count ?? 0))
            ready += entries.filter { !known.contains($0.id) }.prefix(free).map { ($0, receiver) }
            next = [next, later].compactMap { $0 }.min()
        }
        return (ready, next)
    }

    private func deliver(_ entry: OutboxEntry, to receiver: Outbox.Receiver) async {
        let outcome = await send(entry, to: receiver)
        do {
            switch outcome {
            case .taken: try await store.write { try entry.delete($0) }
            case .refused(let cause, let retryAfter):
                // An attempt that we broke off ourselves says nothing of the receiver.
                if !Task.isCancelled { try await postpone(entry, cause: cause, retryAfter: retryAfter) }
            }
        } catch {
            log(["severity": "ERROR", "message": .string("a delivery cannot be recorded: \(error)")])
            // The row still says that it is due: without the wait it would be sent again at once, for as long as the
            // database cannot be written.
            try? await clock.sleep(for: policy.backoffMax)
        }
        underWay[receiver.name]?.remove(entry.id)
        outbox.signal.raise()
    }

    private func send(_ entry: OutboxEntry, to receiver: Outbox.Receiver) async -> Outcome {
        let request = HTTPRequest(
            method: "POST",
            url: receiver.url,
            headers: entry.headers,
            body: .bytes(entry.body),
            timeout: .seconds(receiver.timeoutSeconds),
            idleTimeout: .seconds(receiver.timeoutSeconds)
        )
        do {
            let response = try await transport.send(request)
            let retryAfter = response.headers["retry-after"].flatMap { Int64($0) }
            // Read to the end, so that the connection can be used again.
            _ = try? await response.body.collect(bytesMax: LocalCloudLimits.eventAnswerBytesMax)
            guard !(200..<300).contains(response.status) else { return .taken }
            return .refused(cause: "HTTP \(response.status)", retryAfter: retryAfter)
        } catch {
            return .refused(cause: "\(error)", retryAfter: nil)
        }
    }

    private func postpone(_ entry: OutboxEntry, cause: String, retryAfter: Int64?) async throws {
        let now = clock.now()
        var entry = entry
        entry.attempts += 1
        entry.notBefore =
            now + policy.delay(afterAttempt: entry.attempts, retryAfter: retryAfter, unit: random.unit())
        let isDead =
            entry.attempts >= policy.attemptsMax || entry.notBefore - entry.created > .seconds(policy.ageSecondsMax)
        let changed = entry
        try await store.write { database in
            if isDead {
                try changed.bury(database, cause: cause, now: now)
            } else {
                try changed.postpone(database)
            }
        }
        log(
            [
                "severity": .string(isDead ? "ERROR" : "WARNING"),
                "message": .string(isDead ? "event given up" : "event not taken, to be sent again"),
                "labels": [
                    "subscription": .string(entry.subscription), "event_id": .string(entry.eventID),
                    "attempts": .string(String(entry.attempts)), "cause": .string(cause),
                ],
            ]
        )
    }
}
