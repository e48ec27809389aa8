import CloudEvents
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The handler of job events")
struct JobHandlerTests {
    private static let ignored = EventAnswer.done(["code": "event_ignored"])

    @Test("passes over what is no job's change")
    func ignored() async {
        let world = HandlerWorld()
        let job = "training_jobs/job-0123456789abcdef0123456789abcdef"
        for event in [
            .scheduled(["task": "sweep"]), HandlerWorld.finalized(ObjectName(bucket: "staging", name: "a")),
            HandlerWorld.written(job, isDeleted: true), HandlerWorld.written("packages/pkg-1"),
            HandlerWorld.written("\(job)/notes/1"),
        ] {
            #expect(await world.answerOfJob(event) == Self.ignored, "\(event)")
        }
        #expect(world.logged == [])
    }

    @Test("says of an event that it cannot read what is wrong")
    func unreadable() async {
        let type = "google.cloud.firestore.document.v1.written"
        let world = HandlerWorld()
        for (data, code) in [([], "event_data_missing"), ([0x0A], "event_body_malformed")] as [([UInt8], String)] {
            guard
                case .unreadable(code, _) = await world.answerOfJob(
                    HandlerWorld.event(type, "application/protobuf", data)
                )
            else {
                Issue.record("\(data) is not \(code)")
                continue
            }
        }
    }

    @Test("tells what was decided, whatever the event's document said")
    func decided() async throws {
        let world = HandlerWorld()
        let job = try await world.openJob()
        guard case .done(let detail) = await world.answerOfJob(HandlerWorld.written(job.path)) else {
            Issue.record("the job was not attended to")
            return
        }
        #expect(detail["decisions"] == ["attempt_claimed", "run_launched"])
        #expect(detail["code"] == "run_launched")
        #expect(detail["job_id"] == .string(job.id))
        #expect(detail["phase"] == "launched")
        #expect(detail["attempt"] == 1)
        #expect(world.tier.started.count == 1)
    }

    @Test("has an event come again where the store is away, and not where it would meet the same")
    func again() async throws {
        let path = "training_jobs/job-0123456789abcdef0123456789abcdef"
        let away = HandlerWorld(error: StoreError(.unavailable, "down"))
        #expect(
            await away.answerOfJob(HandlerWorld.written(path)) == .tryAgain(code: "unavailable", afterSeconds: 2)
        )
        #expect(away.logged.first?["severity"] == "WARNING")

        let world = HandlerWorld()
        let id: JSON = "job-0123456789abcdef0123456789abcdef"
        #expect(
            await world.answerOfJob(HandlerWorld.written(path)) == .done(["code": "no_such_job", "job_id": id])
        )
        _ = try await world.documents.commit([.create(path, ["status": .string("odd")])])
        #expect(
            await world.answerOfJob(HandlerWorld.written(path)) == .refused(code: "job_malformed", ["job_id": id])
        )
    }
}
