import CloudEvents
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The handler of the crons")
struct PruneHandlerTests {
    @Test(
        "does the task that it is told",
        arguments: [("sweep", "swept"), ("prune", "pruned"), ("announce", "announced")]
    )
    func tasks(task: String, code: String) async throws {
        let world = HandlerWorld()
        let job = try await world.openJob()
        world.clock.advance(by: .seconds(Sweeper.pendingSeconds + 1))
        guard case .done(let detail) = await world.answerOfPrune(.scheduled(["task": .string(task)])) else {
            Issue.record("\(task) is not done")
            return
        }
        #expect(detail["code"] == .string(code))
        #expect(detail["dry_run"] == false)
        // Only a sweep looks at jobs.
        #expect(try await world.current(job).attempt == (task == "sweep" ? 1 : 0))
    }

    @Test("changes nothing where it is only asked what it would do", arguments: ["sweep", "prune", "announce"])
    func dryRun(task: String) async throws {
        let world = HandlerWorld()
        let job = try await world.openJob()
        world.clock.advance(by: .seconds(Sweeper.pendingSeconds + 1))
        let answer = await world.answerOfPrune(.scheduled(["task": .string(task), "dry_run": true]))
        guard case .done(let detail) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(detail["dry_run"] == true)
        #expect(try await world.current(job) == job)
        #expect(world.tier.started.isEmpty)
    }

    @Test("says of a call that it cannot read what is wrong")
    func unreadable() async {
        let world = HandlerWorld()
        let rows: [(JSON, String)] = [
            ([:], "event_malformed"), (["task": 1], "event_malformed"),
            (["task": "sweep", "dry_run": "yes"], "event_malformed"), (["task": "tidy"], "task_unknown"),
        ]
        for (body, code) in rows {
            guard case .unreadable(code, _) = await world.answerOfPrune(.scheduled(body)) else {
                Issue.record("\(body) is not \(code)")
                continue
            }
        }
        let object = HandlerWorld.finalized(ObjectName(bucket: "staging", name: "a"))
        #expect(await world.answerOfPrune(object) == .done(["code": "event_ignored"]))
    }

    @Test("asks to be called again where a store is away", arguments: ["sweep", "prune", "announce"])
    func again(task: String) async {
        let world = HandlerWorld(error: StoreError(.unavailable, "down"))
        let answer = await world.answerOfPrune(.scheduled(["task": .string(task)]))
        #expect(answer == .tryAgain(code: "unavailable", afterSeconds: 10))
        #expect(world.logged.first?["severity"] == "WARNING")
    }
}
