public import Wire

/// The keyring that counts now: kept for a bounded time, read anew without a restart, never older than the bound.
///
/// A keyring's age counts from the moment its reading began, so a revocation takes effect within the bound, whatever
/// happens. Behind half of it the keyring is read anew beside the work; a source that cannot be read then is asked
/// again by the next reader. Beyond the bound nothing is decided with it any more: readers wait for the source, and are
/// told when it fails. Readers at the same time share one reading.
public actor CachedKeyring {
    /// The bound unless a deployment names another.
    public static let secondsMaxStandard = 60
    /// Readings for one reader where each takes longer than the bound.
    private static let readingsMax = 2

    private struct Held {
        let trusted: TrustedKeyring
        let readAt: Timestamp
    }

    private struct Reading {
        let number: Int
        let task: Task<Result<Keyring, KeyringError>, Never>
    }

    private let source: any KeyringSource
    private let trust: KeyringTrust
    private let ageMax: Duration
    private let clock: any Clock
    /// The newest keyring that was believed; it stays when its age is over, for what comes must not be older.
    private var held: Held?
    private var reading: Reading?
    private var readingsBegun = 0

    /// A keyring from a source.
    ///
    /// - Parameter secondsMax: the greatest age of a keyring that decides.
    public init(
        source: any KeyringSource,
        trust: KeyringTrust,
        secondsMax: Int = secondsMaxStandard,
        clock: any Clock
    ) {
        self.source = source
        self.trust = trust
        ageMax = .seconds(secondsMax)
        self.clock = clock
    }

    /// The keyring, no older than the bound.
    ///
    /// - Throws: ``KeyringError``: nothing may be decided now.
    public func current() async throws(KeyringError) -> Keyring {
        if let keyring = usable(at: clock.now()) { return keyring }
        for _ in 0..<Self.readingsMax {
            _ = try await join().task.value.get()
            // A slow reading may be too old by now.
            if let keyring = usable(at: clock.now()) { return keyring }
        }
        throw KeyringError(.unavailable, "\(source.name): one reading takes longer than a keyring may be old")
    }

    /// The keyring as a reading has it that begins now or later: for whoever would refuse for want of a key that may
    /// have been admitted meanwhile.
    ///
    /// - Throws: ``KeyringError``: nothing may be decided now.
    public func fresh() async throws(KeyringError) -> Keyring {
        let before = readingsBegun
        while let earlier = reading, earlier.number <= before { _ = await earlier.task.value }
        _ = try await join().task.value.get()
        return try await current()
    }

    /// What is held, where it may still decide; behind half of its time a reading begins beside.
    private func usable(at now: Timestamp) -> Keyring? {
        guard let held, !held.trusted.keyring.isExpired(at: now) else { return nil }
        let age = now - held.readAt
        // A clock that was put back says nothing about an age.
        guard age >= .zero, age < ageMax else { return nil }
        if age * 2 >= ageMax { _ = join() }
        return held.trusted.keyring
    }

    /// The reading under way, or a new one.
    private func join() -> Reading {
        if let reading { return reading }
        readingsBegun += 1
        let reading = Reading(number: readingsBegun, task: Task { await self.read() })
        self.reading = reading
        return reading
    }

    private func read() async -> Result<Keyring, KeyringError> {
        let readAt = clock.now()
        let bytes: [UInt8]
        do {
            bytes = try await source.read()
        } catch {
            reading = nil
            return .failure(KeyringError(.unavailable, "\(source.name) cannot be read: \(error)"))
        }
        reading = nil
        do throws(KeyringError) {
            let trusted = try trust.read(bytes)
            if let held { try trusted.check(follows: held.trusted) }
            try trusted.check(at: clock.now())
            held = Held(trusted: trusted, readAt: readAt)
            return .success(trusted.keyring)
        } catch {
            return .failure(KeyringError(error.code, "\(source.name): \(error.message)"))
        }
    }
}
