import Testing
import Wire

@testable import LocalCloud

@Suite struct CronTests {
    /// The next match behind a time.
    static let matches: [(expression: String, after: String, next: String?)] = [
        ("* * * * *", "2026-11-21T02:52:07Z", "2026-11-21T02:53:00Z"),
        ("* * * * *", "2026-11-21T02:52:00Z", "2026-11-21T02:53:00Z"),
        ("*/15 * * * *", "2026-11-21T02:52:07Z", "2026-11-21T03:00:00Z"),
        ("0 3 * * *", "2026-12-31T03:00:00Z", "2027-01-01T03:00:00Z"),
        ("30 4 1,15 * *", "2026-11-02T00:00:00Z", "2026-11-15T04:30:00Z"),
        ("0 0 * * mon-fri", "2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z"),
        ("0 0 * * 7", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("0 0 13 * fri", "2026-11-21T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("0 0 29 feb *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 12-14/2 * * *", "2026-11-21T12:00:00Z", "2026-11-21T14:00:00Z"),
        ("0 0 30 2 *", "2026-11-21T00:00:00Z", nil),
        ("59 23 31 12 *", "1969-12-31T23:58:59Z", "1969-12-31T23:59:00Z"),
    ]

    @Test(arguments: matches) func findsTheNextTime(expression: String, after: String, next: String?) throws {
        let time = try #require(Timestamp(rfc3339: after))
        #expect(try CronExpression(expression).next(after: time)?.description == next)
    }

    @Test(arguments: [
        "", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
        "5-1 * * * *", "a * * * *", "1,,2 * * * *", "* * * * * *", "-1 * * * *",
    ])
    func refuses(expression: String) {
        #expect(throws: LocalCloudError.self) { try CronExpression(expression) }
    }

    private static let prune = CronSchedule(
        name: "prune",
        expression: "0 3 * * *",
        url: "http://127.0.0.1:1/",
        body: ["task": "prune", "dry_run": false]
    )

    @Test func callsOnceForEachTimeRestartsOrNot() async throws {
        let scratch = try ScratchDirectory()
        let clock = ManualClock()
        let transport = RecordingTransport()
        func run(_ body: (TestCloud) async throws -> Void) async throws {
            try await TestCloud.run(at: scratch.path, clock: clock, transport: transport) {
                $0.schedules = [Self.prune]
            } _: { (cloud: TestCloud) async throws in
                try await body(cloud)
                try await eventually("the schedule waits for its time") { clock.sleeperCount == 1 }
                try await eventually("all calls are taken") { try await cloud.cloud.pendingDeliveries() == 0 }
            }
        }
        // It is eight in the morning; the time is three.
        try await run { _ in }
        #expect(transport.requests.isEmpty)
        try await run { _ in
            try await eventually("the schedule waits for its time") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(19 * 3600 + 60))
            try await eventually("the call is made") { transport.requests.count == 1 }
        }
        let request = try #require(transport.requests.first)
        #expect(try JSON(parsing: request.bodyBytes) == ["task": "prune", "dry_run": false])
        #expect(request.headers["x-cloudscheduler"] == "true")
        #expect(request.headers["x-cloudscheduler-scheduletime"] == "2027-01-16T03:00:00Z")
        #expect(request.headers["content-type"] == "application/json")
        try await run { _ in }
        #expect(transport.requests.count == 1)
        // Three days without a process are made up for by one call.
        clock.advance(by: .seconds(3 * 86_400))
        try await run { _ in
            try await eventually("the missed call is made") { transport.requests.count == 2 }
        }
        try await run { _ in }
        #expect(transport.requests.count == 2)
    }
}
