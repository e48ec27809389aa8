/// How much a function takes on before it refuses.
public struct ServerLimits: Sendable, Equatable {
    /// Bytes of a request's body. Eventarc delivers at most 512 KiB, the largest Firestore event has some 2 MiB.
    public var bodyBytesMax: Int
    /// Events handled at once; one more is told to come again.
    public var concurrentEventsMax: Int
    /// Connections held open at once; one more is closed.
    public var connectionsMax: Int
    /// How long a handler may take before the event is given back to be tried again.
    public var handlerSeconds: Int
    /// How long a connection may be silent between or within requests.
    public var idleSeconds: Int
    /// How long running events may take to finish after SIGTERM; Cloud Run kills after 10 s.
    public var drainSeconds: Int

    /// 4 MiB, 80 events, 1024 connections, 9 minutes (what event-driven functions get), 11 minutes, 10 s.
    public init(
        bodyBytesMax: Int = 4 << 20,
        concurrentEventsMax: Int = 80,
        connectionsMax: Int = 1024,
        handlerSeconds: Int = 540,
        idleSeconds: Int = 660,
        drainSeconds: Int = 10
    ) {
        self.bodyBytesMax = bodyBytesMax
        self.concurrentEventsMax = concurrentEventsMax
        self.connectionsMax = connectionsMax
        self.handlerSeconds = handlerSeconds
        self.idleSeconds = idleSeconds
        self.drainSeconds = drainSeconds
    }
}
