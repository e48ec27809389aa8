import SignalboxCore
import Testing
import Wire

@Suite("Random sequences of inputs")
struct JobLifecycleSequenceTests {
    static let livesOfBatch: UInt64 = 250
    static let stepsOfLife = 130

    @Test("change a job by edges of the table only, and keep what never changes", arguments: 0..<8 as Range<UInt64>)
    func legal(batch: UInt64) throws {
        for seed in batch * Self.livesOfBatch..<(batch + 1) * Self.livesOfBatch {
            var life = RandomLife(seed: seed)
            for step in 0..<Self.stepsOfLife {
                let (before, input, transition) = life.step()
                let problems = Self.problems(before, input, transition)
                guard problems.isEmpty else {
                    Issue.record("seed \(seed), step \(step): \(problems) at \(input) of \(before)")
                    return
                }
            }
            #expect(try Job(JobDocumentTests.document(life.job)) == life.job, "seed \(seed)")
        }
    }

    @Test("reach every edge of the table, and every decision")
    func reached() {
        var edges: Set<LifecycleEdge> = []
        var decisions: Set<JobDecision> = []
        var codes: Set<JobFailureCode> = []
        for seed in 0..<2 * Self.livesOfBatch {
            var life = RandomLife(seed: seed)
            for _ in 0..<Self.stepsOfLife {
                let (before, input, transition) = life.step()
                decisions.insert(transition.decision)
                if let failure = transition.job.failure { codes.insert(failure.code) }
                guard transition.job != before, let edge = Self.edge(before, input, transition.job) else { continue }
                edges.insert(edge)
            }
        }
        let missing = Set(JobLifecycle.edges).subtracting(edges).map { "\($0.from) \($0.input) \($0.to)" }
        #expect(missing.sorted() == [])
        // A life of these has fewer recoveries than a document has room for.
        #expect(Set(JobDecision.allCases).subtracting(decisions) == [.recoveriesFull])
        let ofTheMachine: Set<JobFailureCode> = [
            .cancelled, .attemptsExhausted, .capacityExhausted, .noPlace, .launchFailed, .spendCapReached,
            .deadlineExceeded,
        ]
        #expect(ofTheMachine.subtracting(codes) == [])
    }

    @Test("stand in the table once each")
    func unique() {
        #expect(Set(JobLifecycle.edges).count == JobLifecycle.edges.count)
    }

    private struct Step: Hashable {
        let from: Job.Phase
        let input: JobInput.Kind
        let to: Job.Phase
    }

    private static let edges = Dictionary(
        uniqueKeysWithValues: Set(JobLifecycle.edges).map { (Step(from: $0.from, input: $0.input, to: $0.to), $0) }
    )

    private static func edge(_ before: Job, _ input: JobInput, _ after: Job) -> LifecycleEdge? {
        edges[Step(from: before.phase, input: input.kind, to: after.phase)]
    }

    private static func problems(_ before: Job, _ input: JobInput, _ transition: JobTransition) -> [String] {
        let after = transition.job
        var problems: [String] = []
        func check(_ isTrue: Bool, _ problem: String) { if !isTrue { problems.append(problem) } }
        check(after.createdAt == before.createdAt, "created_at changed")
        check(after.id == before.id, "id changed")
        guard after != before else { return problems }
        check(edge(before, input, after) != nil, "\(before.phase) to \(after.phase) is no edge")
        check(after.updatedAt > before.updatedAt, "updated_at did not advance")
        check(after.updatedAt == after.updatedAt.truncatedToMicroseconds, "updated_at is finer than a microsecond")
        check(before.phase != .completed, "completed changed")
        check(before.phase != .failed || input.kind == .retried, "failed changed")
        let isClaim = before.phase == .pending && after.phase == .launching
        check(after.attempt == before.attempt + (isClaim ? 1 : 0), "attempt \(before.attempt) to \(after.attempt)")
        check(
            (after.lease != nil) == [.launching, .launched, .running].contains(after.phase),
            "lease in \(after.phase)"
        )
        check((after.failure != nil) == (after.phase == .failed), "failure in \(after.phase)")
        check((after.result != nil) == (after.phase == .completed), "result in \(after.phase)")
        let isBilled = after.placement?.billedSince != nil
        check(!isBilled || [.launched, .running].contains(after.phase), "billed in \(after.phase)")
        check(after.spentUSD >= before.spentUSD, "spent less than before")
        guard after.recoveries != before.recoveries else { return problems }
        return problems + recoveryProblems(before, after)
    }

    private static func recoveryProblems(_ before: Job, _ after: Job) -> [String] {
        var problems: [String] = []
        func check(_ isTrue: Bool, _ problem: String) { if !isTrue { problems.append(problem) } }
        // No life is so long that a retry has to make room.
        check(Array(after.recoveries.dropLast()) == before.recoveries, "recoveries were rewritten")
        let evidence = after.recoveries.last?.evidence ?? ""
        check(!evidence.contains(where: \.isNewline), "evidence of several lines")
        let past = after.recoveriesSinceRetry
        let policy = RandomLife.policy
        check(past.count { $0.cause.isFault } <= policy.attemptsMax, "too many faults")
        check(past.count { $0.cause.isLoss } <= policy.preemptionsMax + 1, "too many losses")
        check(past.count { $0.cause == .launchRefused } <= policy.refusalsMax + 1, "too many refusals")
        return problems
    }
}
