/// What a local cloud is made of.
public struct LocalCloudConfiguration: Sendable {
    /// The directory that holds all state; made where it is not there.
    public var stateDirectory: String
    /// The loopback address to listen on: `127.0.0.1`, `::1` or `localhost`.
    public var host: String
    /// The port of both services; 0 for any that is free.
    public var port: Int
    /// What buckets and events say of where they are.
    public var location: String
    /// Buckets that are made at the start where they are not there.
    public var buckets: [String]
    /// Who is told of events.
    public var subscriptions: [EventSubscription]
    /// Who is called at times.
    public var schedules: [CronSchedule]
    /// How often events are sent again.
    public var delivery: DeliveryPolicy
    /// Where set, every event is sent twice, late and out of order, as drawn from the seed.
    public var chaosSeed: UInt64?

    /// A configuration; everything but the directory has a default.
    public init(
        stateDirectory: String,
        host: String = "127.0.0.1",
        port: Int = 0,
        location: String = "us-central1",
        buckets: [String] = [],
        subscriptions: [EventSubscription] = [],
        schedules: [CronSchedule] = [],
        delivery: DeliveryPolicy = .standard,
        chaosSeed: UInt64? = nil
    ) {
        self.stateDirectory = stateDirectory
        self.host = host
        self.port = port
        self.location = location
        self.buckets = buckets
        self.subscriptions = subscriptions
        self.schedules = schedules
        self.delivery = delivery
        self.chaosSeed = chaosSeed
    }

    /// Refuses what cannot work.
    ///
    /// - Throws: ``LocalCloudError`` (`invalidConfiguration`).
    func check() throws(LocalCloudError) {
        guard !stateDirectory.isEmpty else { throw .init(.invalidConfiguration, "the state directory has no name") }
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw .init(
                .invalidConfiguration,
                "the host is a loopback address, not \(host): there is no access control"
            )
        }
        guard (0...65535).contains(port) else { throw .init(.invalidConfiguration, "port \(port) is none") }
        do {
            for bucket in buckets { try StorageService.checkBucketName(bucket) }
        } catch {
            throw .init(.invalidConfiguration, error.message)
        }
        try Self.check(subscriptions)
        try Self.check(schedules)
    }

    /// Refuses subscriptions that cannot be told apart.
    static func check(_ subscriptions: [EventSubscription]) throws(LocalCloudError) {
        for subscription in subscriptions where subscription.name.isEmpty || subscription.name.contains("/") {
            throw .init(.invalidConfiguration, "a subscription's name has no slash: '\(subscription.name)'")
        }
        guard Set(subscriptions.map(\.name)).count == subscriptions.count else {
            throw .init(.invalidConfiguration, "two subscriptions have one name")
        }
    }

    /// Refuses schedules that cannot be told apart or read.
    static func check(_ schedules: [CronSchedule]) throws(LocalCloudError) {
        for schedule in schedules { _ = try CronExpression(schedule.expression) }
        guard Set(schedules.map(\.name)).count == schedules.count else {
            throw .init(.invalidConfiguration, "two schedules have one name")
        }
    }
}
