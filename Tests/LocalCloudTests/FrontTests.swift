import Testing
import Wire

@testable import LocalCloud

/// A web page must not reach the services, whatever its browser lets it send.
@Suite struct FrontTests {
    private static let target = "/upload/storage/v1/b/training/o?uploadType=media&name=x"

    @Test(arguments: [
        "https://example.com", "http://localhost.example.com", "http://127.0.0.1.example.com:80", "null", "",
        "https://example.com:80", "file://", "http://localhost@example.com",
    ])
    func refusesOtherOrigins(origin: String) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let headers = [("content-type", "text/plain"), ("origin", origin)]
            let answer = try await cloud.client.send("POST", Self.target, headers: headers, body: [1])
            #expect(answer.status == 403)
            let both = [("origin", "http://localhost")] + headers
            #expect(try await cloud.client.send("POST", Self.target, headers: both, body: [1]).status == 403)
            #expect(try await cloud.download("x").status == 404)
        }
    }

    @Test(arguments: ["http://localhost", "http://127.0.0.1:3000", "http://[::1]:8080", "HTTPS://LOCALHOST:1"])
    func takesOwnOrigins(origin: String) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let headers = [("origin", origin)]
            #expect(try await cloud.client.send("POST", Self.target, headers: headers, body: [1]).status == 200)
        }
    }

    @Test func refusesOtherHosts() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let headers = [("host", "example.com")]
            #expect(try await cloud.client.send("GET", "/healthz", headers: headers).status == 403)
        }
    }
}
