import GRDB
import Synchronization
import Wire

/// Where events wait: they are written in the transaction of what caused them, so that neither comes without the other.
final class Outbox: Sendable {
    /// Someone who is sent messages.
    struct Receiver: Sendable {
        let name: String
        let url: String
        let concurrencyMax: Int
        let timeoutSeconds: Int
    }

    private struct State {
        var subscriptions: [EventSubscription] = []
        var schedules: [CronSchedule] = []
    }

    /// Raised when there may be something to send.
    let signal = Signal()
    private let state = Mutex(State())
    private let chaos: Chaos?
    private let clock: any Clock

    /// An outbox without receivers.
    init(chaos: Chaos?, clock: any Clock) {
        self.chaos = chaos
        self.clock = clock
    }

    /// Who is told of events from now on.
    var subscriptions: [EventSubscription] {
        get { state.withLock { $0.subscriptions } }
        set {
            state.withLock { $0.subscriptions = newValue }
            signal.raise()
        }
    }

    /// Who is called at times from now on.
    var schedules: [CronSchedule] {
        get { state.withLock { $0.schedules } }
        set {
            state.withLock { $0.schedules = newValue }
            signal.raise()
        }
    }

    /// All who can be reached now.
    var receivers: [Receiver] {
        let (subscriptions, schedules) = state.withLock { ($0.subscriptions, $0.schedules) }
        let subscribers = subscriptions.compactMap { subscription in
            subscription.url.map {
                Receiver(
                    name: subscription.name,
                    url: $0,
                    concurrencyMax: max(1, subscription.concurrencyMax),
                    timeoutSeconds: subscription.timeoutSeconds
                )
            }
        }
        let called = schedules.compactMap { schedule in
            schedule.url.map {
                Receiver(
                    name: schedule.receiver,
                    url: $0,
                    concurrencyMax: 1,
                    timeoutSeconds: schedule.timeoutSeconds
                )
            }
        }
        return subscribers + called
    }

    /// Adds an event for every subscription that it matches; sent when the transaction has committed.
    func add(_ event: CloudEvent, _ database: Database) throws {
        let now = clock.now()
        for subscription in subscriptions where event.matches(subscription.filter) {
            let delays = chaos?.delays(event: event.id, subscription: subscription.name) ?? [.zero]
            for delay in delays {
                try OutboxEntry(
                    subscription: subscription.name,
                    eventID: event.id,
                    headers: event.headers,
                    body: event.body,
                    created: now,
                    notBefore: now + delay
                ).insert(database)
            }
        }
        raise(after: database)
    }

    /// Adds one message; sent when the transaction has committed.
    func add(_ entry: OutboxEntry, _ database: Database) throws {
        try entry.insert(database)
        raise(after: database)
    }

    private func raise(after database: Database) {
        database.afterNextTransaction { [signal] _ in signal.raise() }
    }
}

extension CloudEvent {
    /// Whether a subscription wants the event.
    fileprivate func matches(_ filter: EventSubscription.Filter) -> Bool {
        switch (subject, filter) {
        case (.object(let kind, let bucket), .objects(let wantedBucket, let wantedKind)):
            kind == wantedKind && bucket == wantedBucket
        case (.document(let kind, let path), .documents(let pattern, let wantedKind)):
            kind == wantedKind && PathPattern(pattern).matches(path)
        default: false
        }
    }
}
