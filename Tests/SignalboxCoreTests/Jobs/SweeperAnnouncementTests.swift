import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The sweep's announcements")
struct SweeperAnnouncementTests {
    let clock = ManualClock(Sample.now)

    @Test("makes the event of a package again that was never judged", arguments: [false, true])
    func unjudged(isComplete: Bool) async throws {
        let world = try await JobWorld(clock: clock)
        let place = PackageLocation(
            bucket: Sample.layout.stagingBucket,
            robotID: "robot-1",
            packageID: PackageID.prefix + String(repeating: "a", count: PackageID.digitCount)
        )
        let names = [PackageLocation.manifestName] + (isComplete ? ["archive.zip"] : [])
        for name in names { _ = try await world.objects.create(place.object(name), [1], contentType: "text/plain") }
        let manifest = place.object(PackageLocation.manifestName)
        let first = try await world.objects.metadata(of: manifest).generation

        clock.advance(by: .seconds(Sweeper.unjudgedSeconds - 1))
        #expect(try await world.sweeper.announce().isEmpty)
        clock.advance(by: .seconds(1))
        #expect(try await world.sweeper.announce(isDryRun: true) == (isComplete ? [manifest] : []))
        #expect(try await world.objects.metadata(of: manifest).generation == first)
        #expect(try await world.sweeper.announce() == (isComplete ? [manifest] : []))
        #expect(try await (world.objects.metadata(of: manifest).generation > first) == isComplete)
        #expect(try await world.sweeper.announce().isEmpty)
    }

    @Test("leaves a package alone that was judged")
    func judged() async throws {
        let intake = IntakeWorld()
        let upload = try Upload()
        try await intake.put(upload)
        _ = try await intake.intake.judge(upload.manifestObject)
        let world = try await JobWorld(clock: clock, objects: intake.objects)
        clock.advance(by: .seconds(Sweeper.unjudgedSeconds))
        #expect(try await world.sweeper.announce().isEmpty)
    }
}
