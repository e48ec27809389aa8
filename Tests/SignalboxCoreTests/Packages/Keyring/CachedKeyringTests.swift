import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("A cached keyring", .timeLimit(.minutes(5)))
struct CachedKeyringTests {
    private let clock = ManualClock(Sample.now)

    private func cached(
        _ source: any KeyringSource,
        trust: KeyringTrust = .localFile,
        secondsMax: Int = 60
    ) -> CachedKeyring {
        CachedKeyring(source: source, trust: trust, secondsMax: secondsMax, clock: clock)
    }

    private func code(_ body: () async throws -> Void) async -> KeyringError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? KeyringError)?.code
        }
    }

    /// Waits for what happens beside the test.
    private func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { await Task.yield() }
    }

    @Test("is read once for all who ask within half of its time")
    func once() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot]))
        let keyring = cached(source)
        for _ in 0..<5 { #expect(try await keyring.current() == Keyring([Sample.robot])) }
        clock.advance(by: .seconds(29))
        _ = try await keyring.current()
        #expect(source.readings == 1)
    }

    @Test("is read once for all who ask at the same time")
    func concurrent() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot]))
        source.hold()
        let keyring = cached(source)
        let readers = (0..<20).map { _ in Task { try await keyring.current() } }
        try await until { source.readings == 1 }
        for _ in 0..<100 { await Task.yield() }
        source.release()
        for reader in readers { #expect(try await reader.value == Keyring([Sample.robot])) }
        #expect(source.readings == 1)
    }

    @Test("is read anew beside the work behind half of its time")
    func refreshed() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot]))
        let keyring = cached(source)
        _ = try await keyring.current()
        source.set(Keyring())
        clock.advance(by: .seconds(30))
        // Whoever asks does not wait.
        source.hold()
        #expect(try await keyring.current() == Keyring([Sample.robot]))
        source.release()
        try await until { try await keyring.current() == Keyring() }
        #expect(source.readings == 2)
    }

    @Test("decides through an outage until its time is over, and not a moment longer")
    func outage() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot]))
        let keyring = cached(source)
        _ = try await keyring.current()
        source.set(nil)
        clock.advance(by: .seconds(60) - .milliseconds(1))
        #expect(try await keyring.current() == Keyring([Sample.robot]))
        clock.advance(by: .milliseconds(1))
        #expect(await code { _ = try await keyring.current() } == .unavailable)
        source.set(Keyring())
        #expect(try await keyring.current() == Keyring())
    }

    @Test("is as old as the beginning of its reading: a slow one counts for less")
    func slow() async throws {
        let clock = clock
        let keyring = cached(ScriptedKeyring(Keyring()) { clock.advance(by: .seconds(60)) })
        #expect(await code { _ = try await keyring.current() } == .unavailable)
        let fast = cached(ScriptedKeyring(Keyring()) { clock.advance(by: .seconds(59)) })
        #expect(try await fast.current() == Keyring())
    }

    @Test("is read anew where the clock was put back")
    func clockPutBack() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot]))
        let keyring = cached(source)
        _ = try await keyring.current()
        clock.advance(by: .seconds(-3600))
        source.set(Keyring())
        #expect(try await keyring.current() == Keyring())
    }

    @Test("is as it is now for whoever asks for that, even while an older reading is under way")
    func fresh() async throws {
        let source = ScriptedKeyring(Keyring())
        source.hold()
        let keyring = cached(source)
        let early = Task { try await keyring.current() }
        try await until { source.readings == 1 }
        source.set(Keyring([Sample.robot]))
        let late = (0..<5).map { _ in Task { try await keyring.fresh() } }
        for _ in 0..<100 { await Task.yield() }
        source.release()
        for reader in late { #expect(try await reader.value == Keyring([Sample.robot])) }
        _ = try await early.value
        // The late ones may have come one by one, and each has a reading of its own time.
        #expect((2...6).contains(source.readings))
    }

    @Test("never goes back to an older version")
    func rollback() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot], version: 5))
        let keyring = cached(source)
        _ = try await keyring.current()
        source.set(Keyring([Sample.robot], version: 4))
        #expect(await code { _ = try await keyring.fresh() } == .rolledBack)
        // The good one decides for as long as it may.
        #expect(try await keyring.current().version == 5)
        clock.advance(by: .seconds(61))
        #expect(await code { _ = try await keyring.current() } == .rolledBack)
        source.set(Keyring(version: 6))
        #expect(try await keyring.current().version == 6)
    }

    @Test("ends with its own time, cached or not")
    func expiry() async throws {
        let source = ScriptedKeyring(Keyring([Sample.robot], expiresAt: Sample.now + .seconds(10)))
        let keyring = cached(source)
        _ = try await keyring.current()
        clock.advance(by: .seconds(10))
        #expect(await code { _ = try await keyring.current() } == .expired)
    }

    @Test("that is tampered with decides nothing, and says why", arguments: SignedKeyringTests.bad)
    func bad(bad: SignedKeyringTests.Bad) async throws {
        let source = ScriptedKeyring(Keyring())
        source.set(try bad.bytes())
        let roots = try SignedKeyringTests.roots(threshold: bad.threshold)
        let keyring = cached(source, trust: .roots(roots))
        #expect(await code { _ = try await keyring.current() } == bad.code)
    }

    @Test("comes from an object as it is live")
    func object() async throws {
        let store = MemoryObjectStore(clock: clock)
        let name = ObjectName(bucket: "keys", name: "keyring.json")
        let keyring = cached(ObjectKeyringSource(name, in: store))
        #expect(await code { _ = try await keyring.current() } == .unavailable)
        for keys in [[Sample.robot], []] {
            let bytes = Keyring(keys).json.bytes
            _ = try await store.write(name, .bytes(bytes), contentType: "application/json", metadata: [:], if: .none)
            clock.advance(by: .seconds(60))
            #expect(try await keyring.current() == Keyring(keys))
        }
    }

    @Test("comes from a file as it is now")
    func file() async throws {
        let folder = try TemporaryFolder()
        let source = FileKeyringSource(path: folder.path + "/keyring.json", readFile: FileIO.read)
        let keyring = cached(source)
        #expect(await code { _ = try await keyring.current() } == .unavailable)
        for keys in [[Sample.robot], []] {
            try folder.write(Keyring(keys).json.serialized(), to: "keyring.json")
            clock.advance(by: .seconds(60))
            #expect(try await keyring.current() == Keyring(keys))
        }
    }

    static let places: [(String, KeyringPlace?)] = [
        ("gs://b/keyring.json", .object(ObjectName(bucket: "b", name: "keyring.json"))),
        ("gs://b", nil), ("gs://", nil),
        ("projects/p/secrets/s/versions/latest", .secret("projects/p/secrets/s/versions/latest")),
        ("projects/p/secrets/s", .file("projects/p/secrets/s")),
        ("/secrets/keyring.json", .file("/secrets/keyring.json")),
    ]

    @Test("lies where the setting says", arguments: places)
    func place(text: String, place: KeyringPlace?) { #expect(KeyringPlace(text) == place) }
}
