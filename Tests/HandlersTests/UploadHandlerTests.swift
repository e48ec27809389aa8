import CloudEvents
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The handler of uploads")
struct UploadHandlerTests {
    private static let package = "robot-7/pkg-a8dbac9d3593649aa80b7ffddabca61b"

    @Test("passes over what is no upload")
    func ignored() async throws {
        let world = HandlerWorld()
        for event in [.scheduled(["task": "sweep"]), HandlerWorld.written("packages/pkg-1")] {
            #expect(try await world.answerOfUpload(event) == .done(["code": "event_ignored"]))
        }
        let stray = try await world.answerOfUpload(
            HandlerWorld.finalized(ObjectName(bucket: "staging", name: "readme.txt"))
        )
        #expect(stray == .done(["code": "not_a_package", "object": "gs://staging/readme.txt"]))
    }

    @Test("says of an event that it cannot read what is wrong", arguments: ["", "{", "{}", #"{"bucket": "b"}"#])
    func unreadable(data: String) async throws {
        let event = HandlerWorld.event(
            "google.cloud.storage.object.v1.finalized",
            "application/json",
            Array(data.utf8)
        )
        guard case .unreadable = try await HandlerWorld().answerOfUpload(event) else {
            Issue.record("\(data) was read")
            return
        }
    }

    @Test("warns of a bucket that is not its own")
    func foreignBucket() async throws {
        let world = HandlerWorld()
        let object = ObjectName(bucket: "other", name: "\(Self.package)/archive.zip")
        guard case .done(let detail) = try await world.answerOfUpload(HandlerWorld.finalized(object)) else {
            Issue.record("the event is to come again")
            return
        }
        #expect(detail["code"] == "bucket_not_allowed")
        #expect(world.logged.first?["severity"] == "WARNING")
    }

    @Test("tells what a package lacks, and has the event come again where the store is away")
    func incomplete() async throws {
        let archive = ObjectName(bucket: "staging", name: "\(Self.package)/archive.zip")
        let world = HandlerWorld()
        try await world.put(archive)
        guard case .done(let detail) = try await world.answerOfUpload(HandlerWorld.finalized(archive)) else {
            Issue.record("a package without its manifest is to come again")
            return
        }
        #expect(detail["code"] == "package_incomplete")
        #expect(detail["missing"] == "manifest.dsse.json")
        #expect(detail["robot_id"] == "robot-7")

        let away = HandlerWorld(error: StoreError(.unavailable, "down"))
        let answer = try await away.answerOfUpload(HandlerWorld.finalized(archive))
        #expect(answer == .tryAgain(code: "unavailable", afterSeconds: 2))
    }
}
