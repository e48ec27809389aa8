import Foundation
import GoogleCloud
import LocalCloud
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

/// An object store that the contract is checked against.
enum ObjectBackend: String, CaseIterable, Sendable {
    case memory
    case localCloud
    case fakeGCSServer

    /// Those that are there; a missing one is told by `ContractTests.leavesOutNothingUnsaid`.
    static var available: [ObjectBackend] {
        allCases.filter { $0 != .fakeGCSServer || TestPrograms.fakeStorage != nil }
    }

    /// Where the pinned fake-gcs-server departs from Cloud Storage. A gap that closes fails its test, so that this list
    /// stays true.
    var gaps: [ObjectStoreContract: String] {
        switch self {
        case .memory, .localCloud: [:]
        case .fakeGCSServer:
            [
                .holdsToPreconditionsOfWrites: "writes ignore ifMetagenerationMatch",
                .holdsToPreconditionsOfReads: "reads ignore all preconditions",
                .holdsToPreconditionsOfCopies: "copies ignore all preconditions",
                .holdsToPreconditionsOfDeletes: "deletes ignore the generation and all preconditions",
                .patchesMetadata: "the answer to a patch has no timeCreated",
                .composes: "compose ignores preconditions, and a missing source is an internal error",
                .takesLargeSources: "resumable uploads ignore preconditions",
            ]
        }
    }

    func store() async throws -> any ObjectStore {
        switch self {
        case .memory: MemoryObjectStore(clock: SystemClock())
        case .localCloud: try await ContractServers.storage(at: ContractServers.localCloud.value.url)
        case .fakeGCSServer: try await ContractServers.storage(at: ContractServers.fakeStorage.value.url)
        }
    }
}

/// A document store that the contract is checked against.
enum DocumentBackend: String, CaseIterable, Sendable {
    case memory
    case localCloud
    case firestoreEmulator

    static var available: [DocumentBackend] {
        allCases.filter { $0 != .firestoreEmulator || TestPrograms.firestoreEmulator != nil }
    }

    func store() async throws -> any DocumentStore {
        switch self {
        case .memory: MemoryDocumentStore(clock: SystemClock())
        case .localCloud: try await ContractServers.firestore(at: ContractServers.localCloud.value.url)
        case .firestoreEmulator: try await ContractServers.firestore(at: ContractServers.firestoreEmulator.value.url)
        }
    }
}

/// The servers, started by the first who asks.
enum ContractServers {
    static let bucket = "contract"
    /// Tries little, so that an error that stays is soon told.
    static let context = ServiceContext(
        transport: HTTPClient(),
        retryPolicy: RetryPolicy(
            attemptsMax: 4,
            longest: .seconds(10),
            backoff: Backoff(initial: .milliseconds(50), longest: .milliseconds(200), factor: 2)
        )
    )

    /// A cloud in this process, its state in a folder that goes with the process.
    static let localCloud = Task {
        let folder = NSTemporaryDirectory() + "signalbox-contract-\(UUID().uuidString)"
        let leash = try Leash("wait_for_tests; rm -rf \"$1\"", [folder])
        let configuration = LocalCloudConfiguration(stateDirectory: folder)
        let cloud = try LocalCloud(configuration: configuration, transport: context.transport)
        return (url: try await cloud.start().storageEmulatorHost, cloud: cloud, leash: leash)
    }

    static let fakeStorage = Task {
        let binary = TestPrograms.fakeStorage ?? ""
        return try await TestServer.start(
            { port in
                [
                    binary, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", "\(port)",
                    "-external-url", "http://127.0.0.1:\(port)", "-public-host", "127.0.0.1:\(port)",
                ]
            },
            path: "/storage/v1/b"
        )
    }

    static let firestoreEmulator = Task {
        let jar = TestPrograms.firestoreEmulator ?? ""
        let main = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
        return try await TestServer.start(
            { ["java", "-cp", jar, main, "start", "--host=127.0.0.1", "--port=\($0)"] },
            path: "/"
        )
    }

    /// A store at a server, its bucket made. Parts are small, so that uploads have several.
    static func storage(at url: String) async throws -> CloudStorage {
        let request = HTTPRequest(
            method: "POST",
            url: "\(url)/storage/v1/b?project=contract",
            headers: ["Content-Type": "application/json"],
            body: .bytes(Array("{\"name\":\"\(bucket)\"}".utf8))
        )
        let status = try await context.transport.send(request).status
        guard status == 200 || status == 409 else { throw StoreError(.unavailable, "no bucket: \(status)") }
        return CloudStorage(endpoint: url, credentials: nil, context: context, partBytes: 1 << 20)
    }

    static func firestore(at url: String) -> Firestore {
        let owner = FixedCredentials.emulatorOwner
        return Firestore(project: "contract", endpoint: url, credentials: owner, context: context)
    }
}

@Suite("Contracts")
struct ContractTests {
    @Test("object stores", arguments: ObjectBackend.available, ObjectStoreContract.allCases)
    func objectStore(_ backend: ObjectBackend, _ rule: ObjectStoreContract) async throws {
        let store = try await backend.store()
        let prefix = "\(rule.rawValue)-\(UUID().uuidString)/"
        guard let gap = backend.gaps[rule] else { return try await rule.check(store, ContractServers.bucket, prefix) }
        await withKnownIssue("\(gap)") { try await rule.check(store, ContractServers.bucket, prefix) }
    }

    @Test("document stores", arguments: DocumentBackend.available, DocumentStoreContract.allCases)
    func documentStore(_ backend: DocumentBackend, _ rule: DocumentStoreContract) async throws {
        try await rule.check(try await backend.store(), "\(rule.rawValue)-\(UUID().uuidString)")
    }

    @Test("whatever is left out is said, and in CI nothing is")
    func leavesOutNothingUnsaid() {
        var missing: [String] = []
        if TestPrograms.fakeStorage == nil {
            missing.append("fake-gcs-server is left out: Tests/python-env.sh cannot install it")
        }
        if TestPrograms.firestoreEmulator == nil {
            missing.append(
                "the Firestore emulator is left out: no Google Cloud SDK with cloud-firestore-emulator and Java"
            )
        }
        for line in missing { print(line) }
        let isCI = TestMachine.isCI
        #expect(!isCI || missing.isEmpty)
    }
}
