import SignalboxCore
import Testing

@Suite("Lives of jobs")
struct JobFleetTests {
    static let seedsOfBatch: UInt64 = 125

    /// One launch for every attempt, one completion, one model, whatever fails.
    @Test("end well for every seed", arguments: 0..<16 as Range<UInt64>)
    func batch(batch: UInt64) async throws {
        var phases: [Job.Phase: Int] = [:]
        var causes: Set<RecoveryCause> = []
        var failures: Set<JobFailureCode> = []
        for seed in batch * Self.seedsOfBatch..<(batch + 1) * Self.seedsOfBatch {
            let report = try await Fleet(seed: seed).run()
            #expect(report.problems == [], "seed \(seed)")
            phases[report.phase, default: 0] += 1
            causes.formUnion(report.recoveries)
            if let failure = report.failure { failures.insert(failure) }
        }
        // The lives differ enough to mean something.
        #expect(phases[.completed, default: 0] > 25)
        #expect(phases[.failed, default: 0] > 5)
        #expect(causes == Set(RecoveryCause.allCases))
        #expect(failures == [.attemptsExhausted, .cancelled])
    }

    @Test("are the same for the same seed")
    func replay() async throws {
        for seed in [3, 7, 50] as [UInt64] {
            let first = try await Fleet(seed: seed).run()
            let second = try await Fleet(seed: seed).run()
            #expect(first == second)
        }
    }
}
