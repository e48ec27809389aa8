import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The trainer's log in a job's error")
struct TrainerLogTests {
    /// A world whose attempts are few, its first run under way.
    private func world(_ log: String?, faults: FaultPlan = FaultPlan { _, _ in nil }) async throws -> JobWorld {
        let clock = ManualClock(Sample.now)
        let objects = MemoryObjectStore(clock: clock, faults: faults)
        let world = try await JobWorld(clock: clock, objects: objects, policy: JobPolicy(attemptsMax: 1))
        try await world.attend()
        try await world.heartbeat()
        clock.advance(by: .seconds(60))
        if let log {
            let name = Sample.layout.log(jobID: world.job.id, name: "trainer-attempt-1.log")
            _ = try await objects.create(name, Array(log.utf8), contentType: "application/jsonl")
        }
        return world
    }

    /// What the job says once its run has ended so.
    private func message(_ detail: String, _ world: JobWorld) async throws -> String? {
        world.tier.set(.ended(detail: detail), of: world.tier.started[0].handle)
        try await world.attend()
        return try await world.current().failure?.message
    }

    @Test("the newest lines that there is room for stand after a trainer's own message, which stays whole")
    func room() {
        let max = Job.Failure.messageBytesMax
        let lines = (10..<30).map { "INFO step \($0)" }
        let short = Job.Failure(.diverged, "no number")
        #expect(short.adding([]) == short)
        #expect(short.adding(lines).message == (["no number"] + lines).joined(separator: "\n"))
        // Each line takes 13 bytes with its break.
        for (room, kept) in [(0, 0), (12, 0), (13, 1), (13 * 5 + 12, 5), (13 * 20, 20)] {
            let long = Job.Failure(.diverged, String(repeating: "x", count: max - room))
            let told = long.adding(lines)
            #expect(told.message == ([long.message] + lines.suffix(kept)).joined(separator: "\n"))
            #expect(told.code == .diverged && told.message.utf8.count <= max)
        }
        let full = Job.Failure(.diverged, String(repeating: "x", count: max + 1))
        #expect(full.adding(lines) == full)
    }

    private static let head = "attempt 1 was the last: run_ended, exit 1"

    @Test("its last lines stand after a detail of one line")
    func lastLines() async throws {
        let lines = (1...25).map { #"{"severity": "INFO", "message": "step \#($0)", "time": "t"}"# } + ["bare words"]
        let world = try await world(lines.joined(separator: "\n") + "\n")
        let told = (7...25).map { "INFO step \($0)" } + ["bare words"]
        #expect(try await message("exit 1", world) == ([Self.head] + told).joined(separator: "\n"))
        #expect(try await world.current().recoveries.map(\.evidence) == ["exit 1 bare words"])
    }

    @Test("they stand in the error of a job whose last run took longer than it may", arguments: ["bare words", nil])
    func overdue(log: String?) async throws {
        let world = try await world(log)
        world.clock.advance(by: .seconds(JobPolicy().runSecondsMax + 120))
        let decisions = try await world.attend()
        #expect(decisions == [.logAwaited, .failed])
        let message = try #require(try await world.current().failure?.message)
        #expect(message.hasPrefix("attempt 1 was the last: overdue, still there"))
        #expect(message.hasSuffix("\nbare words") == (log != nil))
    }

    @Test("of a long log its end is read, from the first whole line")
    func longLog() async throws {
        let line = #"{"severity": "ERROR", "message": ""# + String(repeating: "x", count: 30_000) + #""}"#
        let world = try await world(Array(repeating: line, count: 5).joined(separator: "\n") + "\n" + "the end")
        let message = try await message("exit 1", world)
        #expect(message?.utf8.count == Job.Failure.messageBytesMax)
        #expect(message?.hasSuffix("xxx\nthe end") == true)
    }

    @Test("a tier that tells more than a line has told the log", arguments: ["exit 1\nTraceback", "exit 1\n"])
    func known(detail: String) async throws {
        let world = try await world("bare words")
        #expect(try await message(detail, world) == "attempt 1 was the last: run_ended, " + detail)
    }

    @Test("one that is not there, is empty or cannot be read changes nothing", arguments: [nil, "", "bare"])
    func unread(log: String?) async throws {
        let faults = FaultPlan { operation, _ in
            operation == "read" && log == "bare" ? .before(StoreError(.permissionDenied, "no role")) : nil
        }
        let world = try await world(log, faults: faults)
        #expect(try await message("exit 1", world) == Self.head)
    }
}
