import Foundation
import Glibc
import Testing
import Wire

/// What a client says of hosts that it cannot talk to.
@Suite("HTTPClient and hosts that are none") struct HTTPClientFaultTests {
    @Test(
        "what answers no HTTP is told so, and is no fault of the URL",
        arguments: [
            "hello there\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc Fine\r\n\r\n", "HTTP/1.1 99 Low\r\n\r\n",
            "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ]
    )
    func badResponse(answer: String) async throws {
        try await HTTPClientTests.serving { connection in
            _ = connection.readRequest()
            connection.write(answer)
        } _: { client, server in
            let code = await HTTPClientTests.code { _ = try await client.send(HTTPRequest(url: server.url())) }
            #expect(code == .badResponse)
        }
    }

    @Test("a host whose certificate nobody vouches for is not asked; one that is vouched for is")
    func certificate() async throws {
        let folder = try TemporaryFolder()
        let host = try TLSHost(folder)
        defer { host.stop() }
        var configuration = HTTPClient.Configuration { _ in nil }
        let stranger = HTTPClient(configuration: configuration)
        defer { stranger.shutdown() }
        let request = HTTPRequest(url: "https://127.0.0.1:\(host.port)/")
        #expect(await HTTPClientTests.code { _ = try await stranger.send(request) } == .tlsFailed)
        configuration.caFile = host.certificate
        let friend = HTTPClient(configuration: configuration)
        defer { friend.shutdown() }
        let response = try await friend.send(request)
        #expect(response.status == 200)
        // For another name than the one in the certificate nobody vouches either.
        let renamed = HTTPRequest(url: "https://localhost:\(host.port)/")
        #expect(await HTTPClientTests.code { _ = try await friend.send(renamed) } == .tlsFailed)
    }
}

/// An HTTPS server on a free port of loopback, with a certificate for 127.0.0.1 that it has signed itself.
private final class TLSHost {
    let port: Int
    let certificate: String
    private let process = Process()

    init(_ folder: TemporaryFolder) throws {
        certificate = folder.path + "/host.pem"
        let key = folder.path + "/host.key"
        let maker = Process()
        maker.executableURL = URL(filePath: "/usr/bin/openssl")
        maker.arguments = [
            "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        ]
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        try #require(maker.terminationStatus == 0)
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("\n") || !text.contains("ACCEPT "),
            case let bytes = output.fileHandleForReading.availableData,
            !bytes.isEmpty
        {
            text += String(decoding: bytes, as: UTF8.self)
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") }
        port = try #require(line?.split(separator: ":").last.flatMap { Int($0) })
    }

    /// It may have inherited that SIGTERM is ignored. Foundation collects it by itself.
    func stop() { kill(process.processIdentifier, SIGKILL) }
}
