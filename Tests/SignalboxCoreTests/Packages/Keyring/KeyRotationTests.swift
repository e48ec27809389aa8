import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The life of a key")
struct KeyRotationTests {
    static let successorID = "arm-7-2027"

    /// An intake behind a cached keyring.
    private struct World {
        let source: ScriptedKeyring
        let intake: IntakeWorld

        init(_ keyring: Keyring) {
            let source = ScriptedKeyring(keyring)
            let clock = ManualClock(Sample.now)
            let cached = CachedKeyring(source: source, trust: .localFile, clock: clock)
            self.source = source
            intake = IntakeWorld(clock: clock, keyring: cached)
        }

        /// Uploads a package with a job of so many epochs, signed by a key, and has it judged.
        func judge(_ epochs: Int, by key: Ed25519PrivateKey, _ keyID: String) async throws -> String {
            var upload = try Upload(training: JobConfig(epochs: epochs))
            upload.sign(by: key, keyID: keyID)
            try await intake.put(upload)
            return try await intake.intake.judge(upload.archiveObject).code
        }
    }

    private func rotated(_ keyring: Keyring, until end: Timestamp) throws -> Keyring {
        var keyring = keyring
        var successor = Sample.robot
        successor.keyID = Self.successorID
        successor.publicKey = Sample.otherKey.publicKey.bytes
        successor.environments = []
        successor.robots = ["nobody"]
        try keyring.rotate(Sample.keyID, to: successor, overlappingUntil: end, now: Sample.now)
        try keyring.countUp()
        return keyring
    }

    @Test("goes over to the next one without a refused package")
    func rotation() async throws {
        let world = World(Keyring([Sample.robot]))
        let clock = world.intake.clock
        #expect(try await world.judge(1, by: Sample.robotKey, Sample.keyID) == "package_accepted")
        world.source.set(try rotated(Keyring([Sample.robot]), until: Sample.now + .seconds(7 * 86_400)))
        // The cached keyring does not know the new key yet: no reason to refuse it.
        #expect(try await world.judge(2, by: Sample.otherKey, Self.successorID) == "package_accepted")
        #expect(try await world.judge(3, by: Sample.robotKey, Sample.keyID) == "package_accepted")
        clock.advance(by: .seconds(7 * 86_400 - 1))
        #expect(try await world.judge(4, by: Sample.robotKey, Sample.keyID) == "package_accepted")
        clock.advance(by: .seconds(1))
        #expect(try await world.judge(5, by: Sample.otherKey, Self.successorID) == "package_accepted")
        #expect(try await world.judge(6, by: Sample.robotKey, Sample.keyID) == "key_expired")
    }

    @Test("ends with its revocation within the age of the cache")
    func revocation() async throws {
        let world = World(Keyring([Sample.robot]))
        #expect(try await world.judge(7, by: Sample.robotKey, Sample.keyID) == "package_accepted")
        var keyring = Keyring([Sample.robot])
        try keyring.revoke(Sample.keyID, at: Sample.now)
        world.source.set(keyring)
        world.intake.clock.advance(by: .seconds(CachedKeyring.secondsMaxStandard))
        #expect(try await world.judge(8, by: Sample.robotKey, Sample.keyID) == "key_revoked")
    }

    @Test("is not decided about while the keyring is older than it may be and cannot be read")
    func undecided() async throws {
        let world = World(Keyring([Sample.robot]))
        #expect(try await world.judge(9, by: Sample.robotKey, Sample.keyID) == "package_accepted")
        world.source.set(nil)
        world.intake.clock.advance(by: .seconds(CachedKeyring.secondsMaxStandard))
        do {
            let code = try await world.judge(10, by: Sample.robotKey, Sample.keyID)
            Issue.record("decided \(code)")
        } catch let error as StoreError {
            #expect(error.isTransient)
            #expect((error.cause as? KeyringError)?.code == .unavailable)
        }
    }

    @Test("is not refused as unknown while the keyring of this moment cannot be read")
    func unknownUndecided() async throws {
        let world = World(Keyring([Sample.robot]))
        #expect(try await world.judge(11, by: Sample.robotKey, Sample.keyID) == "package_accepted")
        world.source.set(nil)
        await #expect(throws: StoreError.self) { try await world.judge(12, by: Sample.otherKey, Self.successorID) }
    }

    @Test("keeps the environments and robots, and the earlier of two ends")
    func rotateRules() throws {
        var own = Sample.robot
        own.robots = [Sample.robotID]
        let keyring = try rotated(Keyring([own]), until: Sample.time("2030-01-01T00:00:00Z"))
        #expect(keyring.keys[Self.successorID]?.robots == [Sample.robotID])
        #expect(keyring.keys[Self.successorID]?.environments == Sample.robot.environments)
        #expect(keyring.keys[Sample.keyID]?.notAfter == Sample.robot.notAfter)
        let sooner = try rotated(Keyring([Sample.robot]), until: Sample.now)
        #expect(sooner.keys[Sample.keyID]?.notAfter == Sample.now)
    }

    private func code(_ body: () throws -> Void) -> KeyChangeError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? KeyChangeError)?.code
        }
    }

    @Test("is not changed in ways that make no sense")
    func refused() throws {
        var keyring = Keyring([Sample.robot])
        var other = Sample.robot
        other.keyID = "other"
        #expect(code { try keyring.admit(Sample.robot) } == .exists)
        #expect(code { try keyring.admit(other) } == .exists)
        other.publicKey = Sample.otherKey.publicKey.bytes
        let end = Sample.now + .seconds(60)
        #expect(code { try keyring.rotate("no", to: other, overlappingUntil: end, now: Sample.now) } == .unknown)
        #expect(code { try keyring.revoke("no", at: Sample.now) } == .unknown)
        try keyring.revoke(Sample.keyID, at: end)
        // A revocation may be brought forward, and never put off.
        try keyring.revoke(Sample.keyID, at: Sample.now)
        #expect(code { try keyring.revoke(Sample.keyID, at: end) } == .over)
        let now = Sample.now
        #expect(code { try keyring.rotate(Sample.keyID, to: other, overlappingUntil: end, now: now) } == .over)
        #expect(keyring.keys["other"] == nil)
        #expect(Set(KeyChangeError.Code.allCases) == [.exists, .unknown, .over, .versionLimit])
    }

    @Test("ends counting at a version that every JSON reader reads exactly")
    func versionLimit() throws {
        var keyring = Keyring(version: Keyring.versionMax - 1)
        try keyring.countUp()
        #expect(keyring.version == 9_007_199_254_740_992)
        let bytes = keyring.json.bytes
        #expect(try Keyring(parsing: bytes) == keyring)
        #expect(code { try keyring.countUp() } == .versionLimit)
        #expect(keyring.version == Keyring.versionMax)
    }
}
