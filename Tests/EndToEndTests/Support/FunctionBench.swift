import Foundation
import GoogleCloud
import LocalCloud
import SignalboxCore
import Synchronization
import Testing
import Wire

/// The embedded cloud in the test's own process, and the functions' programs run by hand: so that a test decides which
/// event comes when, and what lies between a function and its stores.
final class FunctionBench: Sendable {
    let work: WorkFolder
    let cloud: LocalCloud
    /// The port of both stores.
    let port: Int
    let objects: any ObjectStore
    let documents: any DocumentStore
    let transport = HTTPClient()
    private let robotKey: Ed25519PrivateKey
    private let receiptKey: Ed25519PrivateKey
    private let mark: ProcessMark
    private let programs = Mutex(0)

    /// Runs a test on a cloud without events of its own.
    static func with(_ body: (FunctionBench) async throws -> Void) async throws {
        try await WorkFolder.with { work in
            let bench = try await FunctionBench(work)
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(bench)) } catch { outcome = .failure(error) }
            // Before the cloud: programs that are left would wait for it.
            let left = await bench.mark.end(withinSeconds: EndToEnd.stopSeconds)
            await bench.cloud.stop()
            bench.transport.shutdown()
            try outcome.get()
            try #require(left.isEmpty, "left behind: \(left)")
        }
    }

    private init(_ work: WorkFolder) async throws {
        self.work = work
        robotKey = try Ed25519PrivateKey(random: SystemRandomSource())
        receiptKey = try Ed25519PrivateKey(random: SystemRandomSource())
        mark = try ProcessMark()
        let configuration = LocalCloudConfiguration(
            stateDirectory: work / "cloud",
            buckets: [LocalStack.layout.stagingBucket, LocalStack.layout.trainingBucket]
        )
        cloud = try LocalCloud(configuration: configuration, transport: transport)
        let address = try await cloud.start()
        port = address.port
        let context = ServiceContext(transport: transport)
        let variables = ["GOOGLE_CLOUD_PROJECT": "bench", "STORAGE_EMULATOR_HOST": address.storageEmulatorHost]
            .merging(["FIRESTORE_EMULATOR_HOST": address.firestoreEmulatorHost]) { $1 }
        let google = try GoogleCloudEnvironment { variables[$0] }
        objects = try google.storage(context)
        documents = try google.firestore(context)
        let modelKey = try Ed25519PrivateKey(random: SystemRandomSource())
        try FileIO.write(Array(receiptKey.pem.utf8), to: work / "intake.pem")
        try FileIO.write(Array(receiptKey.publicKey.pem.utf8), to: work / "intake.pub.pem")
        try FileIO.write(Array(robotKey.pem.utf8), to: work / "robot.pem")
        try FileIO.write(Array(modelKey.pem.utf8), to: work / "models.pem")
        let now = SystemClock().now()
        let key = Keyring.Key(
            keyID: "robot",
            publicKey: robotKey.publicKey.bytes,
            environments: [LocalStack.environmentID],
            notBefore: now - .seconds(3600),
            notAfter: now + .seconds(86_400)
        )
        try FileIO.write(Keyring([key]).json.bytes, to: work / "keyring.json")
    }

    /// The key that receipts are verified with.
    var receiptPublicKey: Ed25519PublicKey { receiptKey.publicKey }

    /// A function's variables.
    ///
    /// - Parameters:
    ///   - storage: where it finds objects, documents: the cloud itself unless something lies between.
    ///   - trainer: the program that the local tier runs.
    func environment(
        storage: String? = nil,
        firestore: String? = nil,
        trainer: String? = nil
    ) throws -> [String: String] {
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "LANG"].contains($0.key) }
        let own = [
            "GOOGLE_CLOUD_PROJECT": "bench",
            "STORAGE_EMULATOR_HOST": "http://" + (storage ?? "127.0.0.1:\(port)"),
            "FIRESTORE_EMULATOR_HOST": firestore ?? "127.0.0.1:\(port)",
            "SIGNALBOX_STAGING_BUCKET": LocalStack.layout.stagingBucket,
            "SIGNALBOX_TRAINING_BUCKET": LocalStack.layout.trainingBucket,
            "SIGNALBOX_KEYRING": work / "keyring.json",
            "SIGNALBOX_RECEIPT_KEY": work / "intake.pem",
            "SIGNALBOX_MODEL_KEY": work / "models.pem",
            "SIGNALBOX_LOCAL_RUNS": work / "runs",
            "SIGNALBOX_TRAINER": try trainer ?? Repository.program("trainer"),
            "SIGNALBOX_PJRT_PLUGIN": try Repository.plugin(),
            "SIGNALBOX_PROGRAMS": Repository.root + "/Sources/Training/Programs",
            "SIGNALBOX_COMPILE_CACHE": Repository.compileCache,
            "SIGNALBOX_LAUNCH_LEASE_SECONDS": "1",
            "SIGNALBOX_HEARTBEAT_SECONDS": "1",
            "PORT": "0",
            ProcessMark.variable: mark.value,
        ]
        return inherited.merging(own) { $1 }
    }

    /// Starts a function's program.
    func start(
        _ function: String,
        _ arguments: [String] = [],
        _ environment: [String: String]
    ) throws -> ChildProcess {
        let number = programs.withLock { number in
            number += 1
            return number
        }
        return try ChildProcess(
            Repository.program(function),
            arguments,
            environment: environment,
            folder: work.path,
            log: work / "\(number)-\(function)"
        )
    }

    /// Starts a function that serves, and waits until it does.
    ///
    /// - Returns: the process, and where it listens.
    func serve(_ function: String, _ environment: [String: String]) async throws -> (ChildProcess, url: String) {
        let child = try start(function, [], environment)
        let url = try await eventually("\(function) listens") { () -> String? in
            let words = child.output.split(separator: "\n").first?.split(separator: "listening on ").last
            return words.map { "http://" + $0.prefix { $0 != "\"" } }
        }
        return (child, url)
    }

    /// Writes an event's file.
    ///
    /// - Returns: its path.
    func event(_ name: String, _ json: JSON) throws -> String {
        try FileIO.write(json.bytes, to: work / name)
        return work / name
    }

    /// Makes a package of a robot, signed by the bench's key (`robot.pem`, key id `robot`) unless another is given.
    func package(
        robot: String,
        episodes: String,
        training: JobConfig? = nil,
        compression: ArchiveWriter.Compression = .deflate,
        key: Ed25519PrivateKey? = nil,
        keyID: String = "robot",
        as name: String? = nil
    ) throws -> BuiltPackage {
        let builder = PackageBuilder(key: key ?? robotKey, keyID: keyID, clock: SystemClock())
        let order = PackageOrder(
            folder: episodes,
            robotID: robot,
            environmentID: LocalStack.environmentID,
            training: training,
            compression: compression,
            output: work / (name ?? "package-\(robot)")
        )
        return try builder.build(order)
    }

    /// Makes a package of a robot and lays it into staging.
    func stage(robot: String, episodes: String, training: JobConfig? = nil) async throws -> PackageLocation {
        let package = try package(robot: robot, episodes: episodes, training: training)
        let place = PackageLocation(
            bucket: LocalStack.layout.stagingBucket,
            robotID: robot,
            packageID: package.manifest.packageID
        )
        for (path, name) in [(package.archive, "archive.zip"), (package.envelope, "manifest.dsse.json")] {
            let bytes = try FileIO.read(path, bytesMax: 64 << 20)
            let type = "application/octet-stream"
            _ = try await objects.create(place.object(name), bytes, contentType: type)
        }
        return place
    }

    /// The request that delivers an event (`{"headers", "body"}`) to a function.
    static func delivery(of event: JSON, to url: String) throws -> HTTPRequest {
        let event = JSONReader(event)
        var headers = HTTPHeaders()
        for (name, value) in try event["headers"].members() { headers.add(name, try value.string()) }
        return HTTPRequest(method: "POST", url: url, headers: headers, body: .bytes(event["body"].value.bytes))
    }

    /// The event that an object was finalised.
    static func finalized(_ object: ObjectName) -> JSON {
        [
            "headers": [
                "content-type": "application/json", "ce-specversion": "1.0", "ce-id": "finalized-1",
                "ce-type": "google.cloud.storage.object.v1.finalized",
                "ce-source": .string("//storage.googleapis.com/projects/_/buckets/\(object.bucket)"),
                "ce-subject": .string("objects/\(object.name)"),
            ],
            "body": ["bucket": .string(object.bucket), "name": .string(object.name)],
        ]
    }

    /// The event that a job's document was written.
    static func written(_ id: String) -> JSON {
        let document: JSON = [
            "name": .string("projects/bench/databases/(default)/documents/\(Job.path(of: id))"),
            "fields": [:], "createTime": "2026-01-01T00:00:00Z", "updateTime": "2026-01-01T00:00:00Z",
        ]
        return [
            "headers": [
                "content-type": "application/json", "ce-specversion": "1.0", "ce-id": "written-1",
                "ce-type": "google.cloud.firestore.document.v1.written",
                "ce-source": "//firestore.googleapis.com/projects/bench/databases/(default)",
            ],
            "body": ["value": document],
        ]
    }
}
