import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle and retries")
struct JobLifecycleRetryTests {
    private func failed() -> LifecycleBench {
        var bench = LifecycleBench()
        bench.ladder.others = [Ladder.Rung(place: Place(tier: "second"))]
        bench.run()
        bench.step(.failed(attempt: 1, runner: Sample.runner, Job.Failure(.datasetInvalid, "episode 3: no steps")))
        return bench
    }

    @Test("the same job goes on under its id, on another tier")
    func otherTier() {
        var bench = failed()
        let before = bench.job
        #expect(bench.step(.retried(tier: "second", spendMaxUSD: nil)).decision == .reopened)
        #expect(bench.job.id == before.id)
        #expect(bench.job.config == before.config)
        #expect(bench.job.phase == .pending)
        #expect(bench.job.failure == nil)
        #expect(bench.job.recoveries.map(\.cause) == [.retried])
        #expect(bench.job.recoveries.last?.evidence == "dataset_invalid: episode 3: no steps")
        bench.claim()
        #expect(bench.job.attempt == 2)
        #expect(bench.job.placement?.place.tier == "second")
    }

    @Test("a later retry keeps the tier and the cap of the one before, unless it names others")
    func keeps() {
        var bench = failed()
        bench.step(.retried(tier: "second", spendMaxUSD: 4))
        bench.job.cancelRequested = true
        bench.attend()
        bench.step(.retried(tier: nil, spendMaxUSD: nil))
        #expect(bench.job.cancelRequested == false)
        #expect(bench.job.retryTier == "second")
        #expect(bench.job.spendMaxUSD == 4)
        bench.job.cancelRequested = true
        bench.attend()
        bench.step(.retried(tier: "scripted", spendMaxUSD: 5))
        #expect(bench.job.retryTier == "scripted")
        #expect(bench.job.spendMaxUSD == 5)
    }

    @Test("the last attempt's run is given back first")
    func releases() {
        var bench = failed()
        bench.step(.retried(tier: nil, spendMaxUSD: nil))
        #expect(bench.attend().actions == [.release(attempt: 1, handle: "run-1")])
        #expect(bench.step(.heartbeat(attempt: 1, runner: Sample.runner, progress: nil)).decision == .ignored)
    }

    @Test("capacity waits and problems are forgotten")
    func forgets() {
        var bench = LifecycleBench(policy: JobPolicy(refusalsMax: 1))
        for _ in 0..<2 {
            bench.claim()
            bench.refuse()
        }
        #expect(bench.job.failure?.code == .capacityExhausted)
        bench.step(.retried(tier: nil, spendMaxUSD: nil))
        #expect(bench.job.refusals == 0)
        #expect(bench.job.notBefore == nil)
        #expect(bench.attend().decision == .attemptClaimed)
    }

    @Test("what was refused before stays noted, and the counting begins anew", arguments: 1...3)
    func keepsRefusals(retries: Int) {
        var bench = LifecycleBench(policy: JobPolicy(refusalsMax: 1))
        for _ in 0..<retries {
            for _ in 0..<2 {
                #expect(bench.job.phase == .pending)
                bench.claim()
                bench.refuse()
            }
            #expect(bench.job.failure?.code == .capacityExhausted)
            #expect(bench.step(.retried(tier: nil, spendMaxUSD: nil)).decision == .reopened)
            #expect(bench.job.recoveriesSinceRetry.isEmpty)
        }
        let round: [RecoveryCause] = [.launchRefused, .launchRefused, .retried]
        #expect(bench.job.recoveries.map(\.cause) == Array(repeating: round, count: retries).flatMap { $0 })
        #expect(bench.job.recoveries[0].evidence == "capacity: none left")
    }

    @Test("of more refusals than a document has room for the newest stay, and everything else")
    func dropsRefusals() {
        var bench = failed()
        let max = JobPolicy.recoveriesMax
        bench.job.recoveries = (0..<max + 50).map { number in
            let cause: RecoveryCause = number % 10 == 0 ? .preempted : .launchRefused
            return Job.Recovery(at: bench.now, attempt: number, cause: cause, place: nil, evidence: "x")
        }
        #expect(bench.step(.retried(tier: nil, spendMaxUSD: nil)).decision == .reopened)
        let kept = bench.job.recoveries
        #expect(kept.count == max && kept.last?.cause == .retried)
        #expect(kept.count { $0.cause == .preempted } == (max + 50) / 10)
        let refusals = kept.filter { $0.cause == .launchRefused }.map(\.attempt)
        #expect(refusals.last == max + 49)
        #expect(refusals == (refusals[0]...max + 49).filter { $0 % 10 != 0 })
    }

    @Test("a job with too much behind it cannot be opened again: a document holds 1 MiB")
    func tooOften() {
        var bench = failed()
        let noted = Job.Recovery(at: bench.now, attempt: 1, cause: .preempted, place: nil, evidence: "x")
        bench.job.recoveries = Array(repeating: noted, count: JobPolicy.recoveriesMax - 1)
        #expect(bench.step(.retried(tier: nil, spendMaxUSD: nil)).decision == .reopened)
        bench.job.cancelRequested = true
        bench.attend()
        let before = bench.job
        #expect(bench.step(.retried(tier: nil, spendMaxUSD: nil)).decision == .recoveriesFull)
        #expect(bench.job == before)
    }

    @Test("a completed job cannot be retried, nor one that is not over", arguments: Job.Phase.allCases)
    func refused(phase: Job.Phase) {
        guard phase != .failed else { return }
        let lease = Job.Lease(holder: "x", expiresAt: Sample.now + .seconds(9))
        var bench = LifecycleBench(Sample.job(phase, attempt: 1, lease: phase.isTerminal ? nil : lease))
        let before = bench.job
        let transition = bench.step(.retried(tier: "second", spendMaxUSD: 9))
        #expect(transition.decision == (phase == .completed ? .terminal : .ignored))
        #expect(bench.job == before)
    }
}
