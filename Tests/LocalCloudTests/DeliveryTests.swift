import GRDB
import Synchronization
import Testing
import Wire

@testable import LocalCloud

@Suite struct DeliveryTests {
    private static func subscription(concurrencyMax: Int = 4) -> EventSubscription {
        EventSubscription(
            name: "uploads",
            filter: .objects(bucket: "staging", .finalized),
            url: "http://127.0.0.1:1/",
            concurrencyMax: concurrencyMax
        )
    }

    @Test func sendsAgainWhatWasNotTaken() async throws {
        let clock = ManualClock()
        let transport = RecordingTransport { _, index in
            [.status(500), .connectionRefused, .status(404), .status(204)][min(index, 3)]
        }
        try await TestCloud.run(clock: clock, transport: transport) {
            $0.subscriptions = [Self.subscription()]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("x", [1], bucket: "staging")
            for attempt in 1...4 {
                try await eventually("attempt \(attempt)") { transport.requests.count == attempt }
                guard attempt < 4 else { break }
                try await eventually("the failure is recorded") {
                    clock.advance(by: .milliseconds(10))
                    return transport.requests.count > attempt
                }
            }
            try await eventually("the outbox is empty") { try await cloud.cloud.pendingDeliveries() == 0 }
            #expect(Set(transport.requests.compactMap { $0.headers["ce-id"] }).count == 1)
            #expect(try await cloud.cloud.deadLetters().isEmpty)
        }
    }

    @Test func waitsAsLongAsItIsAsked() async throws {
        let clock = ManualClock()
        let transport = RecordingTransport { _, index in index == 0 ? .status(503, retryAfter: 120) : .status(200) }
        let logged = Mutex(0)
        let scratch = try ScratchDirectory()
        var configuration = LocalCloudConfiguration(stateDirectory: scratch.path, buckets: ["staging"])
        configuration.subscriptions = [Self.subscription()]
        let cloud = try LocalCloud(
            configuration: configuration,
            clock: clock,
            random: SeededRandom(seed: 1),
            transport: transport
        ) { _ in logged.withLock { $0 += 1 } }
        let address = try await cloud.start()
        let client = TestCloud(cloud: cloud, client: LoopbackClient(port: address.port), address: address)
        _ = try await client.upload("x", [1], bucket: "staging")
        try await eventually("the refusal is recorded") { logged.withLock { $0 } == 1 }
        clock.advance(by: .seconds(119))
        try await cloud.setSubscriptions([Self.subscription()])
        _ = try await client.upload("elsewhere", [1])
        #expect(transport.requests.count == 1)
        try await eventually("it is sent again") {
            clock.advance(by: .seconds(1))
            return transport.requests.count == 2
        }
        await cloud.stop()
    }

    @Test func backsOffWithFullJitter() {
        let policy = DeliveryPolicy(backoffMin: .seconds(1), backoffMax: .seconds(60), retryAfterSecondsMax: 100)
        #expect(policy.delay(afterAttempt: 1, retryAfter: nil, unit: 1) == .seconds(1))
        #expect(policy.delay(afterAttempt: 4, retryAfter: nil, unit: 1) == .seconds(8))
        #expect(policy.delay(afterAttempt: 4, retryAfter: nil, unit: 0.25) == .seconds(2))
        #expect(policy.delay(afterAttempt: 1000, retryAfter: nil, unit: 1) == .seconds(60))
        #expect(policy.delay(afterAttempt: 1, retryAfter: 30, unit: 0) == .seconds(30))
        #expect(policy.delay(afterAttempt: 1, retryAfter: 1_000_000, unit: 0) == .seconds(100))
    }

    @Test(arguments: 1...20) func onlyAgeEndsTheStandardPolicy(seed: UInt64) {
        let policy = DeliveryPolicy.standard
        let random = SeededRandom(seed: seed)
        var waited = Duration.zero
        for attempt in 1..<policy.attemptsMax {
            waited += policy.delay(afterAttempt: attempt, retryAfter: nil, unit: random.unit())
        }
        #expect(waited > .seconds(policy.ageSecondsMax))
    }

    @Test func sendsAtItsPaceWhatCannotBeRecorded() async throws {
        let clock = ManualClock()
        let transport = RecordingTransport()
        let scratch = try ScratchDirectory()
        func subjects() -> [String] { transport.requests.compactMap { $0.headers["ce-subject"] } }
        try await TestCloud.run(at: scratch.path, clock: clock, transport: transport) {
            $0.subscriptions = [Self.subscription()]
        } _: { (cloud: TestCloud) async throws in
            let disk = try DatabaseQueue(path: scratch.path + "/cloud.sqlite")
            let refusal = "CREATE TRIGGER full BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END"
            try await disk.write { try $0.execute(sql: refusal) }
            for name in ["x", "y"] {
                _ = try await cloud.upload(name, [1], bucket: "staging")
                try await eventually("\(name) is sent") { subjects().contains("objects/\(name)") }
            }
            try await eventually("both wait") { clock.sleeperCount >= 2 }
            #expect(subjects() == ["objects/x", "objects/y"])
            try await disk.write { try $0.execute(sql: "DROP TRIGGER full") }
            clock.advance(by: DeliveryPolicy.standard.backoffMax)
            try await eventually("both are taken") { try await cloud.cloud.pendingDeliveries() == 0 }
            #expect(subjects().sorted() == ["objects/x", "objects/x", "objects/y", "objects/y"])
        }
    }

    @Test func givesUpAndKeepsTheLetter() async throws {
        let clock = ManualClock()
        let transport = RecordingTransport { _, _ in .status(500) }
        try await TestCloud.run(clock: clock, transport: transport) {
            $0.subscriptions = [Self.subscription()]
            $0.delivery = DeliveryPolicy(attemptsMax: 3)
        } _: { (cloud: TestCloud) async throws in
            let object = try await cloud.upload("x", [1], bucket: "staging")
            try await eventually("the event is given up") {
                clock.advance(by: .seconds(1))
                return try await cloud.cloud.pendingDeliveries() == 0
            }
            let letter = try #require(try await cloud.cloud.deadLetters().first)
            #expect(letter.attempts == 3 && transport.requests.count == 3)
            #expect(letter.subscription == "uploads" && letter.cause == "HTTP 500")
            #expect(try JSON(parsing: letter.body) == object.json)
            #expect(letter.headers == transport.requests.first?.headers)
        }
    }

    @Test func eventsOutliveARestart() async throws {
        let scratch = try ScratchDirectory()
        let clock = ManualClock()
        let refusing = RecordingTransport { _, _ in .status(503) }
        try await TestCloud.run(at: scratch.path, clock: clock, transport: refusing) {
            $0.subscriptions = [Self.subscription()]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("x", [1], bucket: "staging")
            try await eventually("the event is sent") { refusing.requests.count == 1 }
        }
        clock.advance(by: .seconds(1000))
        let taking = RecordingTransport()
        try await TestCloud.run(at: scratch.path, clock: clock, transport: taking) {
            $0.subscriptions = [Self.subscription()]
        } _: { (cloud: TestCloud) async throws in
            try await eventually("the event is taken") { try await cloud.cloud.pendingDeliveries() == 0 }
            #expect(taking.requests.map { $0.headers["ce-id"] } == [refusing.requests.first?.headers["ce-id"]])
        }
    }

    @Test func keepsToTheConcurrencyOfASubscription() async throws {
        let transport = RecordingTransport { _, _ in .hold }
        try await TestCloud.run(transport: transport) {
            $0.subscriptions = [Self.subscription(concurrencyMax: 2)]
        } _: { (cloud: TestCloud) async throws in
            for index in 0..<5 { _ = try await cloud.upload("x\(index)", [1], bucket: "staging") }
            try await eventually("two are under way") { transport.heldCount == 2 }
            #expect(transport.requests.count == 2)
            try await eventually("all are taken") {
                #expect(transport.heldCount <= 2)
                transport.release()
                return try await cloud.cloud.pendingDeliveries() == 0
            }
            #expect(transport.requests.count == 5)
        }
    }

    /// The ids of ten events in the order in which chaos delivers them.
    private func order(seed: UInt64) async throws -> [String] {
        let clock = ManualClock()
        let transport = RecordingTransport()
        try await TestCloud.run(clock: clock, transport: transport) {
            $0.port = 0
            $0.subscriptions = [Self.subscription(concurrencyMax: 1)]
            $0.chaosSeed = seed
        } _: { (cloud: TestCloud) async throws in
            for index in 0..<10 { _ = try await cloud.upload("x\(index)", [1], bucket: "staging") }
            try await eventually("all are delivered") {
                clock.advance(by: .milliseconds(1))
                return try await cloud.cloud.pendingDeliveries() == 0
            }
        }
        return transport.requests.compactMap { $0.headers["ce-subject"] }
    }

    @Test func chaosDoublesAndShufflesAsTheSeedSays() async throws {
        let first = try await order(seed: 1)
        #expect(first.count == 20)
        #expect(Set(first).count == 10)
        #expect(first != first.sorted())
        #expect(try await order(seed: 1) == first)
        #expect(try await order(seed: 2) != first)
        let chaos = Chaos(seed: 9, delayMax: .seconds(2))
        let delays = (0..<100).flatMap { chaos.delays(event: "\($0)", subscription: "s") }
        #expect(delays.allSatisfy { $0 >= .zero && $0 < .seconds(2) })
        #expect(Set(delays).count > 190)
    }
}
