import GoogleCloud
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite struct SecretManagerTests {
    private static let version = "projects/p/secrets/model-key/versions/3"
    /// "123456789", whose CRC32C is the algorithm's check value.
    private static let data = "MTIzNDU2Nzg5"

    private func access(
        _ steps: [ScriptedTransport.Step],
        _ version: String = version
    ) async throws -> (bytes: [UInt8], sent: [ScriptedTransport.Sent]) {
        let service = ScriptedService(steps)
        let manager = SecretManager(
            endpoint: "http://secrets",
            credentials: FixedCredentials(token: "token"),
            context: service.context
        )
        return (try await manager.access(version), service.transport.sent)
    }

    private func code(_ steps: [ScriptedTransport.Step], _ version: String = version) async -> StoreError.Code? {
        do {
            _ = try await access(steps, version)
            return nil
        } catch {
            return (error as? APIError)?.code
        }
    }

    private func payload(_ payload: JSON) -> ScriptedTransport.Step {
        ScriptedTransport.answer(200, ["name": .string(Self.version), "payload": payload])
    }

    @Test func readsAVersion() async throws {
        let (bytes, sent) = try await access([payload(["data": .string(Self.data), "dataCrc32c": "3808858755"])])
        #expect(bytes == Array("123456789".utf8))
        #expect(sent.map(\.url) == ["http://secrets/v1/\(Self.version):access"])
        #expect(sent.first?.method == "GET")
        #expect(sent.first?.headers["authorization"] == "Bearer token")
    }

    @Test func bytesThatDoNotMatchTheirChecksumAreRefused() async {
        let wrong = payload(["data": .string(Self.data), "dataCrc32c": "3808858756"])
        #expect(await code([wrong]) == .dataLoss)
        for malformed: JSON in ["", "x", "-1", "4294967296", 3_808_858_755] {
            let step = payload(["data": .string(Self.data), "dataCrc32c": malformed])
            #expect(await code(Array(repeating: step, count: 8)) == .unavailable)
        }
    }

    @Test func tellsWhyItCannot() async {
        #expect(await code([ScriptedTransport.error(403, "PERMISSION_DENIED")]) == .permissionDenied)
        #expect(await code([ScriptedTransport.error(404, "NOT_FOUND")]) == .notFound)
        #expect(await code([ScriptedTransport.error(400, "FAILED_PRECONDITION")]) == .preconditionFailed)
    }

    /// A version that is replaced by the next reading; what follows is an outage.
    @Test func aKeyringIsReadAndReadAnew() async throws {
        let root = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: Ed25519PrivateKey.byteCount)))
        let keyrings = [Keyring(version: 1), Keyring(version: 2)].map { $0.signed(by: [(root, "root")]).bytes }
        let steps = keyrings.map { payload(["data": .string(Base64.encode($0))]) }
        let service = ScriptedService(steps + [ScriptedTransport.error(403, "PERMISSION_DENIED")])
        let manager = SecretManager(
            endpoint: "http://secrets",
            credentials: FixedCredentials(token: "token"),
            context: service.context
        )
        let keyring = CachedKeyring(
            source: SecretKeyringSource(Self.version, in: manager),
            trust: .roots(try KeyringRoots(threshold: 1, keys: ["root": root.publicKey])),
            clock: service.clock
        )
        for version: Int64 in [1, 2] {
            #expect(try await keyring.current().version == version)
            service.clock.advance(by: .seconds(60))
        }
        do throws(KeyringError) {
            _ = try await keyring.current()
            Issue.record("decided with an old keyring")
        } catch {
            #expect(error.code == .unavailable)
            #expect(error.message.contains(Self.version))
        }
        #expect(
            service.transport.sent.map(\.url) == Array(repeating: "http://secrets/v1/\(Self.version):access", count: 3)
        )
    }

    /// Which source a setting gives, seen from what it asks for.
    @Test(arguments: [
        ("projects/p/secrets/k/versions/latest", "https://secretmanager.googleapis.com/v1/projects/p/secrets/k/"),
        ("gs://b/keyring.json", "http://gcs/"),
    ]) func aSettingNamesTheSource(place: String, url: String) async throws {
        let root = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: Ed25519PrivateKey.byteCount)))
        let roots = try KeyringRoots(threshold: 1, keys: ["root": root.publicKey]).json.bytes
        let variables = ["SIGNALBOX_KEYRING": place, "SIGNALBOX_KEYRING_ROOTS": "/roots"]
        let settings = Settings(Environment(variables)) { path, _ in path == "/roots" ? roots : [] }
        let answer: JSON = ["access_token": "token", "expires_in": 3600, "token_type": "Bearer"]
        let token = ScriptedTransport.answer(200, answer, ["Metadata-Flavor": "Google"])
        let refused = ScriptedTransport.error(403, "PERMISSION_DENIED")
        let service = ScriptedService(place.hasPrefix("gs") ? [refused] : [token, refused])
        let cloud = try GoogleCloudEnvironment { ["STORAGE_EMULATOR_HOST": "http://gcs"][$0] }
        let keyring = try settings.keyring(cloud, service.context)
        await #expect(throws: KeyringError.self) { try await keyring.current() }
        #expect(service.transport.sent.last?.url.hasPrefix(url) == true, "\(service.transport.sent.map(\.url))")
        #expect(service.transport.stepsLeft == 0)
    }

    @Test func repeatsWhatPasses() async throws {
        let good = payload(["data": .string(Self.data)])
        let (bytes, sent) = try await access([
            ScriptedTransport.error(503, "UNAVAILABLE"), ScriptedTransport.failure(.connectionLost), good,
        ])
        #expect(bytes.count == 9)
        #expect(sent.count == 3)
    }

    @Test(arguments: [
        "", "model-key", "projects/p/secrets/model-key", "projects/p/secrets/../versions/3",
        "projects/p/secrets/a/versions/3/x", "projects/p/secrets/a?b/versions/3",
        "projects/p/locations/l/secrets/a/versions/3",
    ]) func refusesWhatIsNoVersion(name: String) async {
        #expect(await code([], name) == .invalidArgument)
        #expect(!SecretManager.isVersion(name))
    }
}
