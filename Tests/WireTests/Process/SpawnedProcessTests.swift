import Glibc
import Testing
import Wire

/// Programs that are started, with real processes.
@Suite struct SpawnedProcessTests {
    private let folder: TemporaryFolder
    private let environment = ["PATH": "/usr/bin:/bin", "COLOUR": "blue"]

    init() throws { folder = try TemporaryFolder() }

    private func output(of script: String) async throws -> (SpawnedProcess.Ending, String) {
        let path = folder.path + "/output"
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let process = try SpawnedProcess(["/bin/sh", "-c", script], environment: environment, output: file)
        let ending = await process.wait()
        return (ending, String(decoding: try FileIO.read(path, bytesMax: 1 << 20), as: UTF8.self))
    }

    @Test func outputErrorsAndEnvironmentAreItsOwn() async throws {
        let (ending, text) = try await output(of: "echo $COLOUR; echo ${HOME:-none} >&2; cat; exit 3")
        #expect(ending == .exit(3))
        #expect(text == "blue\nnone\n")
        #expect("\(ending)" == "ended with exit status 3")
    }

    @Test func noOpenFileIsInherited() async throws {
        // Without O_CLOEXEC.
        let file = open(try folder.file("secret", []), O_RDONLY)
        try #require(file > STDERR_FILENO)
        defer { close(file) }
        let (_, text) = try await output(of: "readlink /proc/$$/fd/*")
        #expect(text.contains("/dev/null") && text.contains("/output"))
        #expect(!text.contains("/secret"))
    }

    @Test func noIgnoredSignalIsInherited() async throws {
        // Swift's runtime or the tests may ignore SIGPIPE; this makes sure of it.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        let (_, text) = try await output(of: "grep SigIgn /proc/self/status; kill -PIPE $$")
        let mask = try #require(UInt64(text.split(whereSeparator: \.isWhitespace).last ?? "", radix: 16))
        // The numbers up to 31; the C library keeps two behind them for itself (nptl(7)).
        #expect(mask & 0x7FFF_FFFF == 0)
    }

    @Test func itLeadsAGroupOfItsOwn() async throws {
        let (_, text) = try await output(of: "cut -d ' ' -f 5 /proc/$$/stat; echo $$")
        let ids = text.split(separator: "\n")
        #expect(ids.count == 2)
        #expect(ids.first == ids.last)
    }

    @Test func aSignalEndsItAndALaterOneHitsNobody() async throws {
        let process = try SpawnedProcess(["/bin/sleep", "60"], environment: environment)
        let identity = try #require(ProcessIdentity(pid: process.pid))
        #expect(identity.isAlive)
        process.signal(SIGTERM)
        let ending = await process.wait()
        #expect(ending == .signal(SIGTERM))
        #expect("\(ending)" == "was ended by signal 15")
        #expect(!identity.isAlive)
        process.signal(SIGTERM)
        #expect(await process.wait() == ending)
    }

    @Test(arguments: [["/nowhere/program"], []])
    func aProgramThatIsMissingIsNamed(_ arguments: [String]) {
        let failure = #expect(throws: FileIO.Failure.self) {
            try SpawnedProcess(arguments, environment: [:])
        }
        #expect(failure?.path == arguments.first ?? "")
    }
}
