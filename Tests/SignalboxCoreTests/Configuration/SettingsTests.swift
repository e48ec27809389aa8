import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Settings")
struct SettingsTests {
    private struct NoSuchFile: Error {}

    static let buckets = ["SIGNALBOX_STAGING_BUCKET": "s", "SIGNALBOX_TRAINING_BUCKET": "t"]

    private static func settings(_ variables: [String: String], files: [String: String] = [:]) -> Settings {
        Settings(Environment(variables)) { path, bytesMax in
            guard let text = files[path], text.utf8.count <= bytesMax else { throw NoSuchFile() }
            return Array(text.utf8)
        }
    }

    @Test("say where things lie")
    func layout() throws {
        #expect(try Self.settings(Self.buckets).layout() == BucketLayout(stagingBucket: "s", trainingBucket: "t"))
        let withPrefix = Self.buckets.merging(["SIGNALBOX_PREFIX": "fleet-a/"]) { $1 }
        #expect(try Self.settings(withPrefix).layout().prefix == "fleet-a/")
    }

    @Test("have defaults where the contract names them")
    func defaults() throws {
        let settings = Self.settings([:])
        #expect(try settings.jobPolicy() == JobPolicy())
        #expect(try settings.retention() == RetentionPolicy())
        #expect(try settings.heartbeatSeconds() == 15)
        #expect(try settings.ladder() == nil)
        #expect(try settings.prices() == .standard)
        #expect(try settings.keyringRoots() == nil)
        #expect(try settings.keyringSecondsMax() == 60)
    }

    @Test("name the hosts of the upload API as signatures do")
    func apiHosts() throws {
        func hosts(_ text: String, _ scheme: String = "https") throws -> Set<String>? {
            try Self.settings(["SIGNALBOX_API_HOSTS": text]).apiHosts(scheme: scheme)
        }
        #expect(try hosts("") == nil && Self.settings([:]).apiHosts(scheme: "https") == nil)
        #expect(try hosts("API.Example:443, b.example:8443 ,[::1]") == ["api.example", "b.example:8443", "[::1]"])
        #expect(try hosts("127.0.0.1:80,h:443", "http") == ["127.0.0.1", "h:443"])
        for bad in ["a,,b", " ", "https://a", "a/b", "a b", "u@a", "ä"] {
            let error = #expect(throws: ConfigurationError.self, "\(bad)") { try hosts(bad) }
            #expect(error?.name == "SIGNALBOX_API_HOSTS")
        }
    }

    @Test("bound what is read of an archive, each by its own variable")
    func archiveLimits() throws {
        #expect(try Self.settings([:]).archiveLimits() == .standard)
        let names = Settings.archiveVariableNames
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, String($0 + 11)) })
        let limits = try Self.settings(numbers).archiveLimits()
        let expected = ArchiveLimits(
            archiveBytesMax: 11,
            membersMax: 15,
            memberBytesMax: 13,
            totalBytesMax: 12,
            ratioMax: 14,
            pathBytesMax: 16,
            pathPartsMax: 17
        )
        #expect(limits == expected)
        for name in names {
            for bad in ["0", "-1", "many", "99999999999999999999"] {
                #expect { try Self.settings([name: bad]).archiveLimits() } throws: {
                    ($0 as? ConfigurationError)?.name == name
                }
            }
        }
    }

    @Test("read the ladder, and a price table from the file that they name")
    func places() throws {
        let table = """
            {"date": "2026-06-01", "currency": "USD", "source": "made up",
             "prices": [{"tier": "second", "region": "*", "item": "small", "on_demand": 2}]}
            """
        let variables = ["SIGNALBOX_LADDER": "second/here/small/spot<=0.5 local", "SIGNALBOX_PRICES": "/prices"]
        let settings = Self.settings(variables, files: ["/prices": table])
        let ladder = try #require(try settings.ladder())
        #expect(ladder.rungs.map(\.place.description) == ["second/here/small/spot", "local"])
        #expect(ladder.rungs.map(\.usdPerHourMax) == [0.5, nil])
        let place = Place(tier: "second", machine: "small")
        #expect(try settings.prices().usdPerHour(place) == 2)
    }

    @Test("are read into their places")
    func values() throws {
        let settings = Self.settings([
            "SIGNALBOX_LAUNCH_LEASE_SECONDS": "1", "SIGNALBOX_START_LEASE_SECONDS": "2", "SIGNALBOX_LEASE_SECONDS": "3",
            "SIGNALBOX_ATTEMPTS_MAX": "4", "SIGNALBOX_PREEMPTIONS_MAX": "5", "SIGNALBOX_HEARTBEAT_SECONDS": "1",
            "SIGNALBOX_REFUSALS_MAX": "11", "SIGNALBOX_RUN_SECONDS_MAX": "120", "SIGNALBOX_QUEUE_SECONDS_MAX": "130",
            "SIGNALBOX_JOB_SECONDS_MAX": "140",
            "SIGNALBOX_RETENTION_STAGING_DAYS": "6", "SIGNALBOX_RETENTION_INCOMPLETE_DAYS": "7",
            "SIGNALBOX_RETENTION_CHECKPOINTS": "8", "SIGNALBOX_RETENTION_LOG_DAYS": "9",
            "SIGNALBOX_RETENTION_REJECTION_DAYS": "10",
        ])
        let policy = JobPolicy(
            launchLeaseSeconds: 1,
            startLeaseSeconds: 2,
            leaseSeconds: 3,
            attemptsMax: 4,
            preemptionsMax: 5,
            refusalsMax: 11,
            runSecondsMax: 120,
            queueSecondsMax: 130,
            jobSecondsMax: 140
        )
        #expect(try settings.jobPolicy() == policy)
        #expect(try settings.heartbeatSeconds() == 1)
        let retention = RetentionPolicy(
            stagingDays: 6,
            incompleteDays: 7,
            checkpointsKept: 8,
            logDays: 9,
            rejectionDays: 10
        )
        #expect(try settings.retention() == retention)
    }

    @Test("read keys and keyrings from the files they name")
    func files() throws {
        let variables = ["SIGNALBOX_KEYRING": "/k", "SIGNALBOX_KEY": "/private", "SIGNALBOX_PUBLIC": "/public"]
        let files = [
            "/k": Keyring([Sample.robot]).json.serialized(), "/private": Sample.robotKey.pem,
            "/public": Sample.robotKey.publicKey.pem,
        ]
        let settings = Self.settings(variables, files: files)
        #expect(try settings.keyringFile(clock: ManualClock(Sample.now)) == Keyring([Sample.robot]))
        #expect(try settings.privateKey("SIGNALBOX_KEY").seed == Sample.robotKey.seed)
        #expect(try settings.publicKey("SIGNALBOX_PUBLIC") == Sample.robotKey.publicKey)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let variable: String
        let value: String?
        let problem: String
        let read: @Sendable (Settings) throws -> Void

        var testDescription: String { "\(variable)=\(value ?? "(not set)")" }

        init(
            _ variable: String,
            _ value: String?,
            _ problem: String,
            _ read: @escaping @Sendable (Settings) throws -> Void
        ) {
            self.variable = variable
            self.value = value
            self.problem = problem
            self.read = read
        }
    }

    private static let layoutOf: @Sendable (Settings) throws -> Void = { _ = try $0.layout() }
    private static let policyOf: @Sendable (Settings) throws -> Void = { _ = try $0.jobPolicy() }
    private static let retentionOf: @Sendable (Settings) throws -> Void = { _ = try $0.retention() }
    private static let heartbeatOf: @Sendable (Settings) throws -> Void = { _ = try $0.heartbeatSeconds() }
    private static let ladderOf: @Sendable (Settings) throws -> Void = { _ = try $0.ladder() }
    private static let pricesOf: @Sendable (Settings) throws -> Void = { _ = try $0.prices() }
    private static let keyringOf: @Sendable (Settings) throws -> Void = { settings in
        _ = try settings.keyringFile(clock: ManualClock(Sample.now))
    }
    private static let keyringSecondsOf: @Sendable (Settings) throws -> Void = { _ = try $0.keyringSecondsMax() }

    static let bad = [
        Bad("SIGNALBOX_STAGING_BUCKET", nil, "is not set", layoutOf),
        Bad("SIGNALBOX_TRAINING_BUCKET", "", "is not set", layoutOf),
        Bad("SIGNALBOX_STAGING_BUCKET", "t", "use two buckets", layoutOf),
        Bad("SIGNALBOX_PREFIX", "fleet-a", "slash", layoutOf),
        Bad("SIGNALBOX_LAUNCH_LEASE_SECONDS", "0", "from 1 to 86400", policyOf),
        Bad("SIGNALBOX_START_LEASE_SECONDS", "86401", "from 1 to 86400", policyOf),
        Bad("SIGNALBOX_LEASE_SECONDS", "1m", "\"1m\"", policyOf),
        Bad("SIGNALBOX_ATTEMPTS_MAX", "-1", "from 1 to 100", policyOf),
        Bad("SIGNALBOX_PREEMPTIONS_MAX", "many", "from 0 to 300", policyOf),
        Bad("SIGNALBOX_REFUSALS_MAX", "1001", "from 0 to 300", policyOf),
        Bad("SIGNALBOX_RUN_SECONDS_MAX", "59", "from 60 to 2592000", policyOf),
        Bad("SIGNALBOX_QUEUE_SECONDS_MAX", "0", "from 60 to 2592000", policyOf),
        Bad("SIGNALBOX_JOB_SECONDS_MAX", "31536001", "from 60 to 31536000", policyOf),
        Bad("SIGNALBOX_LADDER", " ", "0 places", ladderOf),
        Bad("SIGNALBOX_LADDER", "local/a b/c/d/often", "b/c/d/often", ladderOf),
        Bad("SIGNALBOX_LADDER", "local<=cheap", "no price", ladderOf),
        Bad("SIGNALBOX_PRICES", "/missing", "cannot be read", pricesOf),
        Bad("SIGNALBOX_PRICES", "/text", "no price table", pricesOf),
        Bad("SIGNALBOX_PRICES", "/object", "no price table", pricesOf),
        Bad("SIGNALBOX_HEARTBEAT_SECONDS", "1e1", "from 1 to 3600", heartbeatOf),
        Bad("SIGNALBOX_HEARTBEAT_SECONDS", "31", "half of SIGNALBOX_LEASE_SECONDS", heartbeatOf),
        Bad("SIGNALBOX_RETENTION_STAGING_DAYS", "-7", "from 0", retentionOf),
        Bad("SIGNALBOX_RETENTION_INCOMPLETE_DAYS", "x", "from 0", retentionOf),
        Bad("SIGNALBOX_RETENTION_CHECKPOINTS", "0", "from 1", retentionOf),
        Bad("SIGNALBOX_RETENTION_LOG_DAYS", "36501", "to 36500", retentionOf),
        Bad("SIGNALBOX_RETENTION_REJECTION_DAYS", " 7", "from 0", retentionOf),
        Bad("SIGNALBOX_KEYRING", nil, "is not set", keyringOf),
        Bad("SIGNALBOX_KEYRING", "/missing", "cannot be read", keyringOf),
        Bad("SIGNALBOX_KEYRING", "/text", "the keyring cannot be read", keyringOf),
        Bad("SIGNALBOX_KEYRING", "gs://bucket", "no gs://bucket/name", keyringOf),
        Bad("SIGNALBOX_KEYRING_ROOTS", nil, "must be signed") { settings in
            _ = try settings.keyringTrust(of: .object(ObjectName(bucket: "b", name: "keyring.json")))
        },
        Bad("SIGNALBOX_KEYRING_ROOTS", nil, "must be signed") { settings in
            _ = try settings.keyringTrust(of: .secret("projects/p/secrets/s/versions/latest"))
        },
        Bad("SIGNALBOX_KEYRING_ROOTS", "/missing", "cannot be read") { _ = try $0.keyringRoots() },
        Bad("SIGNALBOX_KEYRING_ROOTS", "/object", "of no use") { _ = try $0.keyringRoots() },
        Bad("SIGNALBOX_KEYRING_SECONDS_MAX", "0", "from 1 to 3600", keyringSecondsOf),
        Bad("SIGNALBOX_KEYRING_SECONDS_MAX", "3601", "from 1 to 3600", keyringSecondsOf),
        Bad("SIGNALBOX_RECEIPT_KEY", nil, "is not set") { _ = try $0.privateKey("SIGNALBOX_RECEIPT_KEY") },
        Bad("SIGNALBOX_RECEIPT_KEY", "/text", "private key in PEM") { _ = try $0.privateKey("SIGNALBOX_RECEIPT_KEY") },
        Bad("SIGNALBOX_RECEIPT_KEY", "/public", "private key in PEM") {
            _ = try $0.privateKey("SIGNALBOX_RECEIPT_KEY")
        },
        Bad("SIGNALBOX_RECEIPT_KEY", "/long", "cannot be read") { _ = try $0.privateKey("SIGNALBOX_RECEIPT_KEY") },
        Bad("SIGNALBOX_MODEL_KEY", "/text", "public key in PEM") { _ = try $0.publicKey("SIGNALBOX_MODEL_KEY") },
    ]

    @Test("fail under the variable's name", arguments: bad)
    func refused(bad: Bad) {
        var variables = Self.buckets
        variables[bad.variable] = bad.value
        let files = [
            "/text": "hello", "/object": "{}", "/public": Sample.robotKey.publicKey.pem,
            "/long": Sample.robotKey.pem + String(repeating: "\n", count: Settings.keyFileBytesMax),
        ]
        do {
            try bad.read(Self.settings(variables, files: files))
            Issue.record("accepted")
        } catch let error as ConfigurationError {
            #expect(error.name == bad.variable)
            #expect(error.problem.contains(bad.problem), "\(error)")
            #expect(error.description.hasPrefix(bad.variable + " "))
        } catch {
            Issue.record("threw \(error)")
        }
    }

    @Test("show no secret in their errors")
    func noSecrets() {
        let pem = Sample.robotKey.pem.replacing("PRIVATE", with: "PRIVAT")
        do throws(ConfigurationError) {
            _ = try Self.settings(["K": "/k"], files: ["/k": pem]).privateKey("K")
            Issue.record("accepted")
        } catch {
            for line in pem.split(separator: "\n") { #expect(!error.description.contains(line)) }
        }
    }
}
