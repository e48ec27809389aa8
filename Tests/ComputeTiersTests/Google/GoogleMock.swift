import Foundation
import Glibc
import Wire

/// `Tests/Reference/google_mock.py` as a process that ends with the tests: Google's APIs, strict about every request.
///
/// One stands in for all tests of a run; each test has a project of its own.
final class GoogleMock: Sendable {
    static let shared = Task<GoogleMock, any Error> { try GoogleMock(python: try await ReferenceTools.python.value) }

    private static let apis = ["aiplatform.v1", "run.v2", "tpu.v2", "compute.v1", "secretmanager.v1"]

    private let url: String
    private let client = HTTPClient()
    /// Never written to; the kernel closes it at the latest, and the process ends.
    private let leash: Int32

    private init(python: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { throw POSIXError(.EMFILE) }
        leash = ends[1]
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [ReferenceTools.script("google_mock.py")] + Self.apis
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        guard let port = UInt16(String(decoding: line, as: UTF8.self)) else {
            throw ReferenceTools.Failure(description: "google_mock.py names no port")
        }
        url = "http://127.0.0.1:\(port)"
    }

    /// Where an API is: `run.v2`.
    func endpoint(_ api: String) -> String { "\(url)/\(api)" }

    /// The requests about a project so far, in order.
    func requests(of project: String) async throws -> [Request] {
        let answer = try await send("GET", "/-/requests", nil)
        return try JSONReader(answer).array().map { try Request($0) }
            .filter { $0.path.contains("/projects/\(project)/") }
    }

    /// Changes members of a resource, as the service would.
    func change(_ api: String, _ name: String, _ members: JSON) async throws {
        _ = try await send("PUT", "/-/resources/\(api)/\(name)", members)
    }

    /// What is wrong with a body as an answer of a schema.
    func faults(of body: JSON, api: String, schema: String) async throws -> [String] {
        let answer = try await send("POST", "/-/check/\(api)/\(schema)", body)
        return try JSONReader(answer).array().map { try $0.string() }
    }

    /// The values that an enumeration of a schema's has.
    func values(of field: String, api: String, schema: String) async throws -> Set<String> {
        let answer = try await send("GET", "/-/values/\(api)/\(schema)/\(field)", nil)
        return Set(try JSONReader(answer).array().map { try $0.string() })
    }

    private func send(_ method: String, _ path: String, _ body: JSON?) async throws -> JSON {
        let content = body.map { HTTPRequestBody.bytes($0.bytes) } ?? .none
        let response = try await client.send(HTTPRequest(method: method, url: url + path, body: content))
        let bytes = try await response.body.collect(bytesMax: 1 << 24)
        guard response.status == 200 else {
            throw ReferenceTools.Failure(description: "\(method) \(path): \(String(decoding: bytes, as: UTF8.self))")
        }
        return try JSON(parsing: bytes)
    }

    /// A request as the stand-in saw it.
    struct Request: Sendable {
        /// The method's id, `run.projects.locations.jobs.create`; nil where there is none.
        let method: String?
        /// `POST`
        let verb: String
        let path: String
        let query: [String: String]
        let body: JSON
        let faults: [String]

        init(_ reader: JSONReader) throws {
            method = try reader["method"].optional?.string()
            verb = try reader["verb"].string()
            path = try reader["path"].string()
            query = try reader["query"].members().reduce(into: [:]) { $0[$1.name] = try $1.reader.string() }
            body = reader["body"].value
            faults = try reader["faults"].array().map { try $0.string() }
        }
    }
}
