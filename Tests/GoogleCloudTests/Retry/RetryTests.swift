import GoogleCloud
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Retry")
struct RetryTests {
    static let object = ObjectName(bucket: "b", name: "o")

    @Test("waits are drawn evenly below a bound that doubles up to a limit")
    func backoff() {
        let backoff = Backoff(initial: .seconds(1), longest: .seconds(10), factor: 2)
        let random = SeededRandomSource(seed: 1)
        for (attempt, bound) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (5, 10), (50, 10)] {
            let delays = (0..<2000).map { _ in
                backoff.delay(afterAttempt: attempt, random: random) / .seconds(1)
            }
            #expect(delays.allSatisfy { $0 >= 0 && $0 < bound })
            #expect(abs(delays.reduce(0, +) / 2000 - bound / 2) < bound / 20)
        }
    }

    @Test("ends at the bounds of attempts and of time, and keeps to Retry-After")
    func policy() {
        let policy = RetryPolicy(attemptsMax: 3, longest: .seconds(10), backoff: .standard)
        let random = SeededRandomSource(seed: 1)
        func delay(_ attempt: Int, _ elapsed: Duration, _ retryAfter: Duration? = nil) -> Duration? {
            policy.delay(afterAttempt: attempt, elapsed: elapsed, retryAfter: retryAfter, random: random)
        }
        #expect(delay(2, .zero) != nil)
        #expect(delay(3, .zero) == nil)
        #expect(delay(1, .seconds(10)) == nil)
        #expect(delay(1, .zero, .seconds(7)) == .seconds(7))
        #expect(delay(1, .seconds(5), .seconds(7)) == nil)
    }

    @Test("repeats what is transient", arguments: [408, 429, 500, 502, 503, 504])
    func transient(_ status: Int) async throws {
        let service = ScriptedService([ScriptedTransport.error(status), ScriptedTransport.answer(200, resource())])
        #expect(try await service.storage().metadata(of: Self.object).generation == 5)
    }

    @Test(
        "does not repeat what stays",
        arguments: zip(
            [400, 401, 403, 404, 409, 412, 416, 501],
            [
                StoreError.Code.invalidArgument, .unauthenticated, .permissionDenied, .notFound, .alreadyExists,
                .preconditionFailed, .outOfRange, .unavailable,
            ]
        )
    )
    func permanent(_ status: Int, _ expected: StoreError.Code) async {
        let service = ScriptedService([ScriptedTransport.error(status), ScriptedTransport.answer(200, resource())])
        #expect(await code { _ = try await service.storage().metadata(of: Self.object) } == expected)
        #expect(service.transport.stepsLeft == 1)
    }

    @Test("gives up after the policy's attempts, with the last error")
    func attempts() async {
        let steps = (0..<20).map { _ in ScriptedTransport.error(503) }
        let service = ScriptedService(
            steps,
            policy: RetryPolicy(attemptsMax: 4, longest: .seconds(900), backoff: .standard)
        )
        #expect(await code { _ = try await service.storage().metadata(of: Self.object) } == .unavailable)
        #expect(service.transport.sent.count == 4)
    }

    @Test("waits as long as the service asks, in seconds or until a date")
    func retryAfter() async throws {
        let start = Timestamp(seconds: 1_780_000_000)
        let date = "Thu, 28 May 2026 20:27:10 GMT"
        for (text, seconds) in [("33", 33.0), (date, 1_780_000_030.0 - 1_780_000_000)] {
            let service = ScriptedService([
                ScriptedTransport.error(503, "", ["Retry-After": text]), ScriptedTransport.answer(200, resource()),
            ])
            _ = try await service.storage().metadata(of: Self.object)
            #expect((service.clock.now() - start) / .seconds(1) == seconds)
        }
    }

    @Test("repeats a delete that names no generation only where the first was not carried out")
    func idempotency() async {
        let lost = ScriptedService([ScriptedTransport.failure(.connectionLost), ScriptedTransport.answer(204)])
        #expect(
            await code { try await lost.storage().delete(Self.object, generation: nil, if: .none) } == .unavailable
        )
        #expect(lost.transport.sent.count == 1)
        let refused = ScriptedService([ScriptedTransport.failure(.connectFailed), ScriptedTransport.answer(204)])
        #expect(await code { try await refused.storage().delete(Self.object, generation: nil, if: .none) } == nil)
    }

    @Test("a cancelled call is not repeated")
    func cancelled() async {
        let service = ScriptedService([ScriptedTransport.failure(.cancelled)])
        #expect(await code { _ = try await service.storage().metadata(of: Self.object) } == .cancelled)
        #expect(service.transport.sent.count == 1)
    }

    @Test("an answer that breaks or cannot be read is another attempt")
    func brokenAnswer() async throws {
        let service = ScriptedService([
            ScriptedTransport.broken(200, bytes: Array("{\"na".utf8)),
            ScriptedTransport.answer(200, bytes: Array("<html>".utf8)),
            ScriptedTransport.answer(200, resource()),
        ])
        #expect(try await service.storage().metadata(of: Self.object).generation == 5)
    }
}
