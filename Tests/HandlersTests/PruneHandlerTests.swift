import CloudEvents
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The handler of the crons")
struct PruneHandlerTests {
    /// What each task has something to do for.
    private struct Work {
        static let whole = "robot-7/pkg-a8dbac9d3593649aa80b7ffddabca61b"
        static let half = "robot-7/pkg-b8dbac9d3593649aa80b7ffddabca61b"
        static let nonce = "\(Nonce.collection)/n1"

        /// What a task may have changed.
        struct State: Equatable {
            var attempt = 0
            var hasNonce = true
            var hasHalf = true
            var manifestGeneration: Int64
        }

        let world: HandlerWorld
        let job: Job
        let before: State

        /// A job that nobody attended to, a package that was never judged, half of one, and a document that is over.
        init(_ world: HandlerWorld) async throws {
            self.world = world
            job = try await world.openJob()
            let expiry = DocumentValue.timestamp(world.clock.now())
            _ = try await world.documents.commit([.create(Self.nonce, [ExpiredDocuments.field: expiry])])
            for name in ["\(Self.whole)/archive.zip", "\(Self.half)/archive.zip", "\(Self.whole)/manifest.dsse.json"] {
                try await world.put(ObjectName(bucket: "staging", name: name))
            }
            before = State(manifestGeneration: try await Self.generation(world))
            world.clock.advance(by: .seconds(15 * 86_400))
        }

        var now: State {
            get async throws {
                State(
                    attempt: try await world.current(job).attempt,
                    hasNonce: try await world.documents.get(Self.nonce) != nil,
                    hasHalf: world.objects.names.contains("gs://staging/\(Self.half)/archive.zip"),
                    manifestGeneration: try await Self.generation(world)
                )
            }
        }

        private static func generation(_ world: HandlerWorld) async throws -> Int64 {
            let name = ObjectName(bucket: "staging", name: "\(whole)/manifest.dsse.json")
            return try await world.objects.metadata(of: name, generation: nil, if: .none).generation
        }
    }

    private static let answers = [("sweep", "swept"), ("prune", "pruned"), ("announce", "announced")]

    @Test("does the task that it is told, and no other", arguments: answers)
    func tasks(task: String, code: String) async throws {
        let work = try await Work(HandlerWorld())
        guard case .done(let detail) = await work.world.answerOfPrune(.scheduled(["task": .string(task)])) else {
            Issue.record("\(task) is not done")
            return
        }
        #expect(detail["code"] == .string(code))
        #expect(detail["dry_run"] == false)
        let after = try await work.now
        var wanted = work.before
        switch task {
        case "sweep":
            wanted.attempt = 1
            wanted.hasNonce = false
            #expect(detail["expired_documents"] == 1)
        case "prune":
            wanted.hasHalf = false
            #expect(detail["removed"] == 1)
        default:
            wanted.manifestGeneration = after.manifestGeneration
            #expect(after.manifestGeneration > work.before.manifestGeneration)
        }
        #expect(after == wanted)
    }

    @Test("changes nothing where it is only asked what it would do, and says it", arguments: answers)
    func dryRun(task: String, code: String) async throws {
        let work = try await Work(HandlerWorld())
        let answer = await work.world.answerOfPrune(.scheduled(["task": .string(task), "dry_run": true]))
        guard case .done(let detail) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(detail["dry_run"] == true)
        switch task {
        case "sweep":
            #expect(detail["jobs"] == [["job_id": .string(work.job.id), "decisions": []]])
            #expect(detail["expired_documents"] == 1)
        case "prune":
            #expect(detail["code"] == "prune_planned")
            let removals = try JSONReader(detail)["removals"].array()
            #expect(try removals.map { try $0["uri"].string() } == ["gs://staging/\(Work.half)/archive.zip"])
        default: #expect(detail["announced"] == [.string("gs://staging/\(Work.whole)/manifest.dsse.json")])
        }
        #expect(try await work.now == work.before)
        #expect(work.world.tier.started.isEmpty)
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
