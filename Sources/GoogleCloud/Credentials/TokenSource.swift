public import SignalboxCore
public import Wire

/// Keeps a token for as long as it is good. Callers that find none wait for one fetch together.
public actor TokenSource {
    /// How long before a token's end a new one is fetched: longer than a call and its clock's error, and within the
    /// five minutes in which the metadata server has a new one.
    public static let refreshSeconds: Int64 = 225
    /// How long before a token's end callers wait for the new one: a call and its clock's error may take so long.
    public static let waitSeconds: Int64 = 30

    private let credentials: any Credentials
    private let clock: any Clock
    private var token: AccessToken?
    private var flight: Task<AccessToken, any Error>?

    /// A cache before credentials.
    public init(_ credentials: any Credentials, clock: any Clock) {
        self.credentials = credentials
        self.clock = clock
    }

    /// A token that is good for a call. A new one is fetched in the background before the old one ends; where none can
    /// be had, the old one serves while it lasts.
    public func token() async throws(StoreError) -> AccessToken {
        let now = clock.now()
        if let token, isGood(token, at: now + .seconds(Self.refreshSeconds)) { return token }
        let flight = flight ?? launch()
        if let token, isGood(token, at: now + .seconds(Self.waitSeconds)) { return token }
        do {
            return try await flight.value
        } catch {
            if let token, isGood(token, at: now) { return token }
            throw error as? StoreError ?? StoreError(.unauthenticated, "no access token: \(error)", cause: error)
        }
    }

    /// Forgets a token that a service refused.
    public func invalidate(_ refused: AccessToken) { if token == refused { token = nil } }

    private func isGood(_ token: AccessToken, at time: Timestamp) -> Bool { token.expires.map { time < $0 } ?? true }

    private func launch() -> Task<AccessToken, any Error> {
        // A task of its own: a caller that is cancelled does not take the token from the others.
        let flight = Task {
            defer { self.flight = nil }
            let fetched = try await credentials.fetch()
            token = fetched
            return fetched
        }
        self.flight = flight
        return flight
    }
}
