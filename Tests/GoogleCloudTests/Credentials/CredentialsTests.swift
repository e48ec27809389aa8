import Foundation
import GoogleCloud
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("Credentials")
struct CredentialsTests {
    /// Counts fetches; each token lasts an hour.
    final class Counting: Credentials {
        private let clock: ManualClock
        private let count = Mutex(0)
        private let failing = Mutex(false)

        init(clock: ManualClock) { self.clock = clock }

        var fetches: Int { count.withLock { $0 } }
        func fail() { failing.withLock { $0 = true } }

        func fetch() async throws(StoreError) -> AccessToken {
            let number = count.withLock { count in
                count += 1
                return count
            }
            await Task.yield()
            if failing.withLock({ $0 }) { throw StoreError(.unavailable, "planned") }
            return AccessToken(value: "t\(number)", expires: clock.now() + .seconds(3600))
        }
    }

    @Test("a token is kept until shortly before its end, and fetched once for all who wait")
    func cache() async throws {
        let clock = ManualClock()
        let credentials = Counting(clock: clock)
        let source = TokenSource(credentials, clock: clock)
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await source.token().value } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(tokens == ["t1"])
        #expect(credentials.fetches == 1)
        clock.advance(by: .seconds(3600 - TokenSource.refreshSeconds - 1))
        #expect(try await source.token().value == "t1")
        clock.advance(by: .seconds(1))
        #expect(try await Self.isRenewed(source, as: "t2"))
        #expect(credentials.fetches == 2)
    }

    /// Whether the source has a new token before long.
    private static func isRenewed(_ source: TokenSource, as value: String) async throws -> Bool {
        for _ in 0..<100_000 {
            if try await source.token().value == value { return true }
            await Task.yield()
        }
        return false
    }

    /// The first token at once, all later ones when it is told.
    final class Held: Credentials {
        let clock: ManualClock
        let fetches = Mutex(0)
        private let gate = AsyncStream.makeStream(of: Void.self)

        init(clock: ManualClock) { self.clock = clock }
        let isOpen = Mutex(false)
        func open() {
            isOpen.withLock { $0 = true }
            gate.continuation.finish()
        }

        func fetch() async throws(StoreError) -> AccessToken {
            let number = fetches.withLock { count in
                count += 1
                return count
            }
            if number > 1 { for await _ in gate.stream {} }
            return AccessToken(value: "t\(number)", expires: clock.now() + .seconds(3600))
        }
    }

    @Test("nobody waits for a refresh while the token is good")
    func refresh() async throws {
        let clock = ManualClock()
        let credentials = Held(clock: clock)
        let source = TokenSource(credentials, clock: clock)
        _ = try await source.token()
        clock.advance(by: .seconds(3600 - TokenSource.refreshSeconds))
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Lets a source that waits come to its end.
            group.addTask {
                guard (try? await Task.sleep(for: .seconds(5))) != nil else { return }
                credentials.open()
            }
            for _ in 0..<20 {
                let value = try await source.token().value
                #expect(value == "t1")
            }
            #expect(!credentials.isOpen.withLock { $0 })
            group.cancelAll()
        }
        credentials.open()
        #expect(try await Self.isRenewed(source, as: "t2"))
        #expect(credentials.fetches.withLock { $0 } == 2)
    }

    @Test("an old token serves while it lasts when no new one can be had")
    func staleToken() async throws {
        let clock = ManualClock()
        let credentials = Counting(clock: clock)
        let source = TokenSource(credentials, clock: clock)
        _ = try await source.token()
        credentials.fail()
        clock.advance(by: .seconds(3590))
        #expect(try await source.token().value == "t1")
        clock.advance(by: .seconds(10))
        #expect(await code { _ = try await source.token() } == .unavailable)
    }

    @Test("a token that the service refuses is replaced once")
    func refused() async throws {
        let service = ScriptedService([
            ScriptedTransport.error(401), ScriptedTransport.answer(200, resource()), ScriptedTransport.error(401),
            ScriptedTransport.error(401),
        ])
        let credentials = Counting(clock: service.clock)
        let storage = CloudStorage(endpoint: "http://gcs", credentials: credentials, context: service.context)
        let name = ObjectName(bucket: "b", name: "o")
        _ = try await storage.metadata(of: name)
        #expect(service.transport.sent.map { $0.headers["authorization"] } == ["Bearer t1", "Bearer t2"])
        #expect(await code { _ = try await storage.metadata(of: name) } == .unauthenticated)
        #expect(credentials.fetches == 3)
    }

    @Test("the metadata server is asked as it wants to be, and must be one")
    func metadataServer() async throws {
        let answer: JSON = ["access_token": "abc", "expires_in": 600, "token_type": "Bearer"]
        let service = ScriptedService([
            ScriptedTransport.failure(.connectFailed),
            ScriptedTransport.answer(200, answer, ["Metadata-Flavor": "Google"]), ScriptedTransport.answer(200, answer),
        ])
        let credentials = MetadataServerCredentials(host: "meta:80", context: service.context)
        let token = try await credentials.fetch()
        #expect(token.value == "abc")
        #expect(token.expires == service.clock.now() + .seconds(600))
        let sent = try #require(service.transport.sent.last)
        #expect(sent.url == "http://meta:80/computeMetadata/v1/instance/service-accounts/default/token")
        #expect(sent.headers["metadata-flavor"] == "Google")
        #expect(await code { _ = try await credentials.fetch() } == .unauthenticated)
    }

    /// A key file whose key was made for this test.
    static func keyFile(_ change: (inout [String: JSON]) -> Void = { _ in }) throws -> String {
        var members: [String: JSON] = [
            "type": "service_account", "client_email": "robot@p.iam.gserviceaccount.com", "project_id": "p",
            "private_key_id": "k1", "private_key": .string(TestKeys.rsaPEM), "token_uri": "https://token.example/token",
        ]
        change(&members)
        let path = NSTemporaryDirectory() + "key-\(UUID().uuidString).json"
        try Data(JSON.object(members).bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("a service account signs for its token")
    func serviceAccount() async throws {
        let service = ScriptedService([
            ScriptedTransport.answer(200, ["access_token": "abc", "expires_in": 3599]),
            ScriptedTransport.answer(400, ["error": "invalid_grant", "error_description": "Invalid JWT"]),
        ])
        let path = try Self.keyFile()
        defer { unlink(path) }
        let credentials = try ServiceAccountCredentials(file: path, context: service.context)
        #expect(try await credentials.fetch().value == "abc")
        let sent = try #require(service.transport.sent.first)
        #expect(sent.url == "https://token.example/token")
        let form = String(decoding: sent.body, as: UTF8.self)
        let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
        #expect(form.hasPrefix(grant))
        let parts = form.dropFirst(grant.count).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let signature = try #require(Base64.decode(parts[2], alphabet: .urlSafe))
        let key = try RS256PrivateKey(pem: TestKeys.rsaPEM)
        #expect(key.isValid(signature: signature, for: Array("\(parts[0]).\(parts[1])".utf8)))
        let claims = try JSON(parsing: try #require(Base64.decode(parts[1], alphabet: .urlSafe)))
        #expect(claims["iss"] == "robot@p.iam.gserviceaccount.com")
        #expect(claims["aud"] == "https://token.example/token")
        #expect(claims["exp"] == .integer(service.clock.now().seconds + 3600))
        #expect(await code { _ = try await credentials.fetch() } == .unauthenticated)
    }

    @Test("a key file that is none is refused by the variable's name")
    func badKeyFiles() throws {
        let service = ScriptedService([])
        let changes: [(inout [String: JSON]) -> Void] = [
            { $0["type"] = "authorized_user" }, { $0["private_key"] = "nonsense" }, { $0["client_email"] = nil },
            { $0["token_uri"] = "http://elsewhere/token" },
        ]
        for change in changes {
            let path = try Self.keyFile(change)
            defer { unlink(path) }
            #expect { try ServiceAccountCredentials(file: path, context: service.context) } throws: {
                ($0 as? ConfigurationError)?.name == "GOOGLE_APPLICATION_CREDENTIALS"
            }
        }
        #expect(throws: ConfigurationError.self) {
            try ServiceAccountCredentials(file: "/nowhere.json", context: service.context)
        }
    }
}

@Suite("Environment")
struct EnvironmentTests {
    @Test("emulators are found with and without a scheme")
    func emulators() throws {
        let environment = try GoogleCloudEnvironment {
            ["STORAGE_EMULATOR_HOST": "http://127.0.0.1:9000/", "FIRESTORE_EMULATOR_HOST": "localhost:8080"][$0]
        }
        #expect(environment.storageEmulator == "http://127.0.0.1:9000")
        #expect(environment.firestoreEmulator == "http://localhost:8080")
        #expect(environment.metadataHost == "metadata.google.internal")
    }

    @Test(
        "what makes no sense is named",
        arguments: [
            ("STORAGE_EMULATOR_HOST", "http://"), ("FIRESTORE_EMULATOR_HOST", "a b"), ("GCE_METADATA_HOST", "x/y"),
            ("GOOGLE_CLOUD_PROJECT", "my project"),
        ]
    )
    func malformed(_ variable: String, _ value: String) {
        #expect { try GoogleCloudEnvironment { $0 == variable ? value : nil } } throws: {
            ($0 as? ConfigurationError)?.name == variable
        }
    }

    @Test("Firestore needs a project")
    func project() throws {
        let service = ScriptedService([])
        let environment = try GoogleCloudEnvironment { $0 == "FIRESTORE_EMULATOR_HOST" ? "localhost:1" : nil }
        #expect { try environment.firestore(service.context) } throws: {
            ($0 as? ConfigurationError)?.name == "GOOGLE_CLOUD_PROJECT"
        }
    }
}
