import Foundation
import LocalCloud
import Testing
import Wire

/// A directory that goes away with the test.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "local-cloud-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A local cloud that runs while a test's body does.
struct TestCloud: Sendable {
    let cloud: LocalCloud
    let client: LoopbackClient
    let address: LocalCloudAddress

    /// Starts a cloud with the buckets `staging` and `training`, runs the body, and stops it.
    static func run(
        at path: String? = nil,
        clock: any Clock = SystemClock(),
        random: any RandomSource = SeededRandom(seed: 7),
        transport: any HTTPTransport = RecordingTransport(),
        configure: (inout LocalCloudConfiguration) -> Void = { _ in },
        _ body: (TestCloud) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        var configuration = LocalCloudConfiguration(
            stateDirectory: path ?? scratch.path,
            buckets: ["staging", "training"]
        )
        configure(&configuration)
        let cloud = try LocalCloud(
            configuration: configuration,
            clock: clock,
            random: random,
            transport: transport
        )
        let address = try await cloud.start()
        do {
            try await body(
                TestCloud(cloud: cloud, client: LoopbackClient(port: address.port), address: address)
            )
        } catch {
            await cloud.stop()
            throw error
        }
        await cloud.stop()
        withExtendedLifetime(scratch) {}
    }

    /// Uploads bytes in one request.
    func upload(
        _ name: String,
        _ bytes: [UInt8],
        bucket: String = "training",
        query: String = ""
    ) async throws -> TestResponse {
        let name = PercentEncoding.encode(name)
        return try await client.send(
            "POST",
            "/upload/storage/v1/b/\(bucket)/o?uploadType=media&name=\(name)\(query)",
            headers: [("content-type", "text/plain")],
            body: bytes
        )
    }

    /// Reads an object's bytes.
    func download(
        _ name: String,
        bucket: String = "training",
        headers: [(String, String)] = []
    ) async throws -> TestResponse {
        let name = PercentEncoding.encode(name)
        return try await client.send("GET", "/storage/v1/b/\(bucket)/o/\(name)?alt=media", headers: headers)
    }
}

/// The documents of the tests' project.
let documentsRoot = "projects/local/databases/(default)/documents"

extension TestCloud {
    /// Commits writes, given as the REST API has them.
    func commit(_ writes: JSON..., transaction: String? = nil) async throws -> TestResponse {
        var body: [String: JSON] = ["writes": .array(writes)]
        body["transaction"] = transaction.map { .string($0) }
        return try await client.send("POST", "/v1/\(documentsRoot):commit", .object(body))
    }

    /// A write that sets all fields of a document.
    static func update(_ path: String, _ fields: JSON, currentDocument: JSON? = nil) -> JSON {
        var write: [String: JSON] = [
            "update": ["name": .string("\(documentsRoot)/\(path)"), "fields": fields]
        ]
        write["currentDocument"] = currentDocument
        return .object(write)
    }
}

/// Waits until something holds; a test that waits in vain fails.
func eventually(
    _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<20_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("waited in vain: \(what)", sourceLocation: sourceLocation)
}
