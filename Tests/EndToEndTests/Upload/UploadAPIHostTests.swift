import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What the function that serves the upload API says in its header fields, and for whom it speaks.
    @Suite struct UploadAPIHostTests {
        @Test func aRequestForAnotherServerIsMisdirected() async throws {
            try await FunctionBench.with { bench in
                var environment = try bench.environment()
                environment["SIGNALBOX_API_HOSTS"] = "API.example:80, b.example:8443"
                let (api, url) = try await bench.serve("api", environment)
                for (host, code) in [
                    (nil, "host_unknown"), ("b.example", "host_unknown"), ("api.example", "signature_missing"),
                    ("B.Example:8443", "signature_missing"),
                ] as [(String?, String)] {
                    for request in Self.requests(url, host) {
                        let response = try await bench.transport.send(request)
                        let body = try JSON(parsing: try await response.body.collect(bytesMax: 1 << 16))
                        #expect(body["code"] == .string(code), "\(request.method) \(host ?? url)")
                        #expect(response.status == (code == "host_unknown" ? 421 : 401))
                        guard response.status == 401 else { continue }
                        let text = try #require(response.headers["Accept-Signature"])
                        let field = try StructuredDictionary(parsing: text)
                        #expect(field.serialized == RequestPolicy.acceptSignature(hasContent: request.method == "POST"))
                        #expect(text.contains("content-digest") == (request.method == "POST"), "\(text)")
                    }
                }
                api.signal(15)
                _ = try await api.wait("api")
            }
        }

        /// It is not to listen as a platform has it: the port that it is given is taken, so it warns and ends.
        @Test(arguments: [nil, "api.example"])
        func aPlatformsStartWithoutItsHostsIsWarnedOf(hosts: String?) async throws {
            try await FunctionBench.with { bench in
                var environment = try bench.environment()
                environment["K_SERVICE"] = "api"
                environment["PORT"] = String(bench.port)
                environment["SIGNALBOX_API_HOSTS"] = hosts
                let api = try bench.start("api", [], environment)
                #expect(try await api.wait("api") == .exit(78))
                #expect(!api.output.contains("listening on"))
                let lines = try api.output.split(separator: "\n").map { JSONReader(try JSON(parsing: Array($0.utf8))) }
                let warnings = try lines.filter { try $0["severity"].string() == "WARNING" }
                let messages = try warnings.map { try $0["message"].string() }
                #expect(messages.count == (hosts == nil ? 1 : 0))
                #expect(messages.allSatisfy { $0.hasPrefix("SIGNALBOX_API_HOSTS is not set") }, "\(messages)")
            }
        }

        /// Both routes, as far as they go without a signature.
        private static func requests(_ url: String, _ host: String?) -> [HTTPRequest] {
            var headers: HTTPHeaders = [:]
            if let host { headers["Host"] = host }
            let get = HTTPRequest(url: url + UploadDesk.receiptPath(of: "pkg-1"), headers: headers)
            headers["Content-Type"] = "application/json"
            headers[UploadDesk.crc32cField] = "AAAAAA=="
            let post = HTTPRequest(
                method: "POST",
                url: url + UploadDesk.uploadPath,
                headers: headers,
                body: .bytes(Array("{}".utf8))
            )
            return [get, post]
        }
    }
}
