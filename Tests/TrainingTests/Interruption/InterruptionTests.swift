import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("Interruption notices") struct InterruptionTests {
    /// A metadata server of a test.
    final class Server: HTTPTransport {
        typealias Answer = @Sendable (HTTPRequest) -> (Int, HTTPHeaders, String)?

        let seen = Mutex<[HTTPRequest]>([])
        let answer: Answer

        init(_ answer: @escaping Answer) { self.answer = answer }

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            seen.withLock { $0.append(request) }
            guard let (status, headers, text) = answer(request) else { throw NoticeError(description: "no route") }
            return HTTPResponse(status: status, headers: headers, body: BytesStream(Array(text.utf8)))
        }
    }

    private static let google: HTTPHeaders = ["Metadata-Flavor": "Google"]

    private func computeEngine(preempted: String, maintenance: String) -> ComputeEngineNotices {
        ComputeEngineNotices(
            host: "metadata",
            transport: Server { request in
                guard request.headers["metadata-flavor"] == "Google" else { return (403, [:], "") }
                let text = request.url.hasSuffix("/instance/preempted") ? preempted : maintenance
                return (200, Self.google, text)
            }
        )
    }

    @Test("Compute Engine's values mean what its pages say")
    func computeEngine() async throws {
        let rows: [(String, String, StopCause?)] = [
            ("FALSE", "NONE", nil), ("FALSE\n", "NONE\n", nil), ("TRUE", "NONE", .machineReclaimed),
            ("TRUE\n", "TERMINATE_ON_HOST_MAINTENANCE", .machineReclaimed),
            ("FALSE", "TERMINATE_ON_HOST_MAINTENANCE", .hostMaintenance),
            ("FALSE", "MIGRATE_ON_HOST_MAINTENANCE", nil),
        ]
        for (preempted, maintenance, cause) in rows {
            let found = try await computeEngine(preempted: preempted, maintenance: maintenance).current()
            #expect(found == cause, "\(preempted), \(maintenance)")
        }
    }

    @Test("what is no metadata server gives no notice")
    func stranger() async {
        for headers in [[:], ["Metadata-Flavor": "Other"]] as [HTTPHeaders] {
            let notices = ComputeEngineNotices(host: "metadata", transport: Server { _ in (200, headers, "TRUE") })
            await #expect(throws: NoticeError.self) { try await notices.current() }
        }
        let missing = ComputeEngineNotices(host: "metadata", transport: Server { _ in (404, Self.google, "TRUE") })
        await #expect(throws: NoticeError.self) { try await missing.current() }
    }

    /// EC2's server: a token is good for `uses` questions.
    private func ec2(uses: Int = .max, _ action: @escaping @Sendable () -> (Int, String)) -> Server {
        let left = Mutex((token: 0, uses: 0))
        return Server { request in
            if request.method == "PUT" {
                guard request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600" else { return (400, [:], "") }
                let token = left.withLock { state in
                    state = (state.token + 1, uses)
                    return state.token
                }
                return (200, [:], "token-\(token)")
            }
            let isGood = left.withLock { state in
                defer { state.uses -= 1 }
                return state.uses > 0 && request.headers["x-aws-ec2-metadata-token"] == "token-\(state.token)"
            }
            guard isGood else { return (401, [:], "") }
            let (status, text) = action()
            return (status, [:], text)
        }
    }

    @Test("EC2's notice is heard, and its session renewed")
    func ec2() async throws {
        let calm = EC2Notices(endpoint: "http://ec2/", transport: ec2 { (404, "<html>Not Found</html>") })
        #expect(try await calm.current() == nil)
        #expect(try await calm.current() == nil)
        for action in ["terminate", "stop", "hibernate"] {
            let text = #"{"action": "\#(action)", "time": "2026-09-18T08:22:00Z"}"#
            let notices = EC2Notices(endpoint: "http://ec2", transport: ec2 { (200, text) })
            #expect(try await notices.current() == .machineReclaimed)
        }
        let short = EC2Notices(endpoint: "http://ec2", transport: ec2(uses: 1) { (404, "") })
        #expect(try await short.current() == nil)
        await #expect(throws: NoticeError.self) { try await short.current() }
        #expect(try await short.current() == nil)
        let odd = EC2Notices(endpoint: "http://ec2", transport: ec2 { (200, "soon") })
        await #expect(throws: NoticeError.self) { try await odd.current() }
    }

    @Test(
        "a notice is seen within five seconds, and a server that is away is told of once",
        arguments: [MachineProvider.computeEngine, .ec2]
    )
    func watch(provider: MachineProvider) async throws {
        let clock = ManualClock(skipsSleep: true)
        let begun = clock.now()
        let announcedAt = begun + .seconds(301)
        let action: @Sendable () -> (Int, String) = {
            clock.now() >= announcedAt ? (200, #"{"action": "stop", "time": "2026-09-18T08:22:00Z"}"#) : (404, "")
        }
        let amazon = ec2(action)
        let server = Server { request in
            let passed = clock.now() - begun
            if passed > .seconds(60), passed < .seconds(120) { return nil }
            if provider == .ec2 { return amazon.answer(request) }
            let isAnnounced = clock.now() >= announcedAt && request.url.hasSuffix("preempted")
            return (200, Self.google, isAnnounced ? "TRUE" : "FALSE")
        }
        let stop = StopSignal()
        let warnings = Mutex<[String]>([])
        let variables = ["GCE_METADATA_HOST": "metadata", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://ec2"]
        let notices = provider.notices(variables: variables, transport: server)
        let watch = InterruptionWatch(notices: notices, clock: clock, stop: stop) { message in
            warnings.withLock { $0.append(message) }
        }
        await watch.run()
        #expect(stop.cause == .machineReclaimed)
        #expect(clock.now() - announcedAt <= .seconds(5))
        #expect(warnings.withLock { $0.count } == 2, "\(warnings.withLock { $0 })")
    }

    @Test("the provider is known by its firmware, or by the variable that moves its server")
    func provider() {
        func found(_ variables: [String: String], _ files: [String: String]) -> MachineProvider? {
            MachineProvider(variables: variables) { files[$0] }
        }
        let google = ["/sys/class/dmi/id/product_name": "Google Compute Engine\n"]
        let amazon = ["/sys/class/dmi/id/sys_vendor": "Amazon EC2\n"]
        #expect(found([:], [:]) == nil)
        let other = ["/sys/class/dmi/id/product_name": "Standard PC", "/sys/class/dmi/id/sys_vendor": "QEMU"]
        #expect(found([:], other) == nil)
        #expect(found([:], google) == .computeEngine)
        #expect(found([:], amazon) == .ec2)
        #expect(found(["GCE_METADATA_HOST": "127.0.0.1:9"], amazon) == .computeEngine)
        #expect(found(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"], [:]) == .ec2)
    }
}
