import SignalboxCore
import Testing
import Wire

@testable import Training

@Suite("Provenance") struct ProvenanceTests {
    private static let sha = String(repeating: "0123456789", count: 4)
    private static let document = Array("# the truth\n".utf8)

    private func provenance(_ variables: [String: String], files: [String: String] = [:]) throws -> Provenance {
        try Provenance(Environment(variables), program: "/src/.build/release/trainer") {
            path,
            _ throws(FileIO.Failure) in
            if path == "/truth.md" { return Self.document }
            guard let text = files[path] else { throw FileIO.Failure(path, "not there") }
            return Array(text.utf8)
        }
    }

    @Test(
        "finds the commit of the checkout that the program lies in",
        arguments: [
            ["/src/.git/HEAD": sha],
            ["/src/.git/HEAD": "ref: refs/heads/main\n", "/src/.git/refs/heads/main": "\(sha)\n"],
            ["/src/.git/HEAD": "ref: refs/heads/main\n", "/src/.git/packed-refs": "# pack\n\(sha) refs/heads/main\n"],
            [
                "/src/.git": "gitdir: ../git/worktrees/src\n", "/src/../git/worktrees/src/HEAD": "ref: refs/heads/x\n",
                "/src/../git/worktrees/src/commondir": "../..\n",
                "/src/../git/worktrees/src/../../refs/heads/x": "\(sha)\n",
            ],
        ]
    )
    func checkout(files: [String: String]) throws {
        let package = ["/src/Package.swift": "let package = Package(\n    name: \"signalbox\",\n"]
        #expect(try provenance([:], files: files.merging(package) { $1 }).gitSHA == Self.sha)
        // Another project's checkout says nothing of this program.
        #expect(try provenance([:], files: files).gitSHA == nil)
    }

    @Test("knows of no commit where there is none to know")
    func unknown() throws {
        #expect(try provenance([:]) == Provenance())
        let package = "name: \"signalbox\""
        let odd = ["/src/Package.swift": package, "/src/.git/HEAD": "ref: refs/heads/none"]
        #expect(try provenance([:], files: odd).gitSHA == nil)
    }

    @Test("takes what the deployment says before what lies there")
    func said() throws {
        let other = String(repeating: "a", count: 40)
        let files = ["/src/Package.swift": "name: \"signalbox\"", "/src/.git/HEAD": Self.sha]
        #expect(try provenance(["SIGNALBOX_GIT_SHA": other], files: files).gitSHA == other)
        #expect(try provenance(["SIGNALBOX_PJRT_PLUGIN": "/opt/pjrt/cpu.so"]).plugin == "cpu.so")
    }

    @Test("has the digest of the source-of-truth document, read or said")
    func document() throws {
        let digest = SHA256.digest(of: Self.document)
        #expect(try provenance(["SIGNALBOX_SOURCE_DOCUMENT": "/truth.md"]).sourceDigest == digest)
        #expect(try provenance(["TAQI_MD_HASH": digest.hex]).sourceDigest == digest)
        let both = ["SIGNALBOX_SOURCE_DOCUMENT": "/truth.md", "TAQI_MD_HASH": digest.hex]
        #expect(try provenance(both).sourceDigest == digest)
    }

    @Test(
        "that is malformed ends a start by name",
        arguments: [
            (["SIGNALBOX_GIT_SHA": "main"], "SIGNALBOX_GIT_SHA"), (["TAQI_MD_HASH": "abc"], "TAQI_MD_HASH"),
            (["SIGNALBOX_SOURCE_DOCUMENT": "/none.md"], "SIGNALBOX_SOURCE_DOCUMENT"),
            (
                ["SIGNALBOX_SOURCE_DOCUMENT": "/truth.md", "TAQI_MD_HASH": String(repeating: "0", count: 64)],
                "TAQI_MD_HASH"
            ),
        ]
    )
    func malformed(variables: [String: String], name: String) {
        let error = #expect(throws: ConfigurationError.self) { try provenance(variables) }
        #expect(error?.name == name)
    }

    @Test("describes the machine")
    func host() {
        let files = [
            "/etc/os-release": "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
            "/proc/sys/kernel/osrelease": "6.1.0-28-amd64\n",
            "/proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD EPYC 7B13\n",
            "/proc/stat": "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 1\n",
            "/proc/meminfo": "MemTotal:       24689764 kB\n",
        ]
        let host = HostDescription(name: "robot-1") { files[$0] }
        #expect(host.system == "Debian GNU/Linux 12 (bookworm)")
        #expect(host.kernel?.hasPrefix("Linux 6.1.0-28-amd64 ") == true)
        #expect(host.processor == "AMD EPYC 7B13" && host.cores == 2 && host.memoryBytes == 24_689_764 * 1024)
        #expect(HostDescription(name: "x") { _ in nil } == HostDescription(name: "x"))
    }
}
