import Glibc
import SignalboxTesting
import Testing
import Wire

/// Processes that are told apart, with real ones.
@Suite struct ProcessIdentityTests {
    private let environment = ["PATH": "/usr/bin:/bin"]

    @Test func thisProcessIsAlive() throws {
        let own = try #require(ProcessIdentity(pid: getpid()))
        #expect(own.isAlive)
        #expect(own.isOfThisBoot)
        #expect(try ProcessIdentity(JSONReader(own.json)) == own)
        #expect(ProcessIdentity("\(own.pid) \(own.startTicks) \(own.bootID)\n") == own)
    }

    @Test func anotherStartOrBootIsAnotherProcess() throws {
        let own = try #require(ProcessIdentity(pid: getpid()))
        let later = try #require(ProcessIdentity("\(own.pid) \(own.startTicks)1 \(own.bootID)"))
        #expect(!later.isAlive)
        #expect(!later.isSessionAlive)
        #expect(later.isOfThisBoot)
        // Were it taken for this one, the tests would end here.
        later.signal(SIGKILL)
        later.killSession()
        #expect(!later.signalGroup(SIGKILL))
        let before = try #require(ProcessIdentity("\(own.pid) \(own.startTicks) another-boot"))
        #expect(!before.isAlive)
        #expect(!before.isSessionAlive)
        #expect(!before.isOfThisBoot)
    }

    @Test(arguments: ["", "12", "12 34", "x 34 boot", "1 34 boot", "-5 34 boot", "12 34 boot more"])
    func aMalformedLineIsNone(_ text: String) {
        #expect(ProcessIdentity(text) == nil)
    }

    @Test func thereIsNoneOfAnIdThatIsNotUsed() { #expect(ProcessIdentity(pid: Int32.max) == nil) }

    @Test func aSessionOutlivesItsLeader() async throws {
        let (leader, member) = try await session("setsid sh -c")
        leader.signal(SIGKILL)
        try await ends("the leader") { !leader.isAlive }
        #expect(leader.isSessionAlive)
        // Signal 0 only asks.
        #expect(leader.signalGroup(0))
        leader.killSession()
        try await ends("the session") { !leader.isSessionAlive }
        #expect(!member.isAlive)
        #expect(!leader.signalGroup(0))
    }

    private static let hasGroups = access("/bin/bash", X_OK) == 0 || TestMachine.isCI

    @Test(.enabled(if: hasGroups, "needs bash for a process group of its own"))
    func aSessionOutlivesItsLeadersGroup() async throws {
        let (leader, member) = try await session("setsid bash -c", first: "set -m; ")
        try #require(getpgid(member.pid) != leader.pid)
        leader.signal(SIGKILL)
        try await ends("the leader") { !leader.isAlive }
        // The dead count as a group until somebody collects them, which not every machine's init does.
        for _ in 0..<100 where kill(-leader.pid, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(leader.signalGroup(SIGTERM))
        #expect(leader.isSessionAlive)
        leader.killSession()
        try await ends("the session") { !leader.isSessionAlive }
        #expect(!leader.signalGroup(SIGTERM))
    }

    /// The leader and the other member of a session that a shell leads, `setsid sh -c`.
    private func session(
        _ command: String,
        first: String = ""
    ) async throws -> (leader: ProcessIdentity, member: ProcessIdentity) {
        let folder = try TemporaryFolder()
        let script =
            command + " '" + first
            + #"sleep 60 & echo "$$ $!" > "$0/ids.tmp"; mv "$0/ids.tmp" "$0/ids"; wait' "$0" &"#
        let shell = try SpawnedProcess(["/bin/sh", "-c", script, folder.path], environment: environment)
        _ = await shell.wait()
        var ids: [Int32] = []
        for _ in 0..<500 where ids.count < 2 {
            let text = (try? FileIO.read(folder.path + "/ids", bytesMax: 100)) ?? []
            ids = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
            try await Task.sleep(for: .milliseconds(20))
        }
        try #require(ids.count == 2)
        return (try #require(ProcessIdentity(pid: ids[0])), try #require(ProcessIdentity(pid: ids[1])))
    }

    private func ends(_ what: String, _ condition: () -> Bool) async throws {
        for _ in 0..<500 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(what) does not end")
    }
}
