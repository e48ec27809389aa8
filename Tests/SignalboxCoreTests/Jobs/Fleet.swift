import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// A job's whole life from a seed: launchers that are killed at any call, trainers that crash, are preempted or fenced
/// off, a tier and stores whose answers get lost, somebody who cancels.
final class Fleet {
    /// What came of it.
    struct Report: Sendable, Equatable {
        var seed: UInt64
        var problems: [String] = []
        var phase: Job.Phase = .pending
        var recoveries: Set<RecoveryCause> = []
        var runs = 0
        var failure: JobFailureCode?
    }

    private static let turnsMax = 200
    private static let settlingTurnsMax = 600
    /// Turns after the end: who comes late must change nothing.
    private static let lateTurns = 10
    private static let stepsOfTraining = 4

    private struct Trainer {
        let run: ScriptedTier.Run
        let attempt: Int
        var step = 0
        var isAlive = true
    }

    private let seed: UInt64
    private let random: SeededRandomSource
    private let share: Double
    private let world: JobWorld
    private let faults: Weather
    private var trainers: [String: Trainer] = [:]

    init(seed: UInt64) async throws {
        self.seed = seed
        random = SeededRandomSource(seed: seed)
        share = Double(seed % 4) * 0.1
        let clock = ManualClock(Sample.now)
        let faults = Weather(seed: seed &+ 1, share: share)
        self.faults = faults
        let tier = ScriptedTier { _, _ in
            guard let isAfter = faults.strikes() else { return nil }
            if isAfter { return .after(TierError(.unreachable, "planned")) }
            return .before(TierError(faults.strikes() == nil ? .unreachable : .capacity, "planned"))
        }
        let objects = MemoryObjectStore(clock: clock, faults: FaultPlan { _, _ in faults.fault() })
        let documents = ObservedDocuments(clock: clock) { _ in faults.fault() }
        world = try await JobWorld(clock: clock, documents: documents, objects: objects, tier: tier)
    }

    /// Lives the life to its end.
    func run() async throws -> Report {
        let cancelsAt = seed % 10 == 0 ? random.next() % 30 : UInt64.max
        for turn in 0..<UInt64(Self.turnsMax) {
            if turn == cancelsAt { try await cancel() }
            try await takeTurn()
            if try await isOver() { break }
        }
        faults.stop()
        for _ in 0..<Self.settlingTurnsMax {
            if try await isOver() { break }
            try await takeTurn()
        }
        for _ in 0..<Self.lateTurns { try await takeTurn() }
        return try await report()
    }

    private func takeTurn() async throws {
        switch random.next() % 10 {
        case 0...2: await attend()
        case 3...6: try await train()
        default: world.clock.advance(by: .seconds(Int64(random.next() % 90)))
        }
    }

    /// Read without decoding the whole job: it is asked every turn.
    private func isOver() async throws -> Bool {
        let phase = try await world.documents.base.get(world.job.path)?.fields["phase"]
        return phase == .string("completed") || phase == .string("failed")
    }

    private func attend() async {
        // A launcher that throws was killed; its process and all it knew are gone.
        _ = try? await world.controller(seed: random.next()).attend(world.job.id)
    }

    private func cancel() async throws {
        let fields: [String: DocumentValue] = ["cancel_requested": .boolean(true)]
        _ = try await world.documents.base.commit([
            .set(world.job.path, fields, mask: ["cancel_requested"], if: .exists(true))
        ])
    }

    private func train() async throws {
        for run in world.tier.runs where trainers[run.handle] == nil {
            trainers[run.handle] = Trainer(run: run, attempt: Int(run.order.labels["attempt"] ?? "") ?? 0)
            world.tier.set(.running, of: run.handle)
        }
        let alive = trainers.values.filter(\.isAlive).sorted { $0.attempt < $1.attempt }
        guard !alive.isEmpty else { return }
        var trainer = alive[Int(random.next() % UInt64(alive.count))]
        let ending = try await step(&trainer)
        if let ending {
            trainer.isAlive = false
            world.tier.set(ending, of: trainer.run.handle)
        }
        trainers[trainer.run.handle] = trainer
    }

    /// One step of a trainer; what the tier says of it where it ended.
    private func step(_ trainer: inout Trainer) async throws -> RunState? {
        let attempt = trainer.attempt
        switch random.next() % 20 {
        case 0: return .ended(detail: "exit 137")
        case 1:
            // A tier may forget a run only after its launch was written: else nobody could tell it from none.
            return try await world.current().handle == trainer.run.handle ? .gone : .ended(detail: "exit 139")
        case 2:
            _ = try? await world.ledger.apply(.preempted(attempt: attempt), to: world.job.id)
            return .preempted
        default: break
        }
        let input: JobInput
        if trainer.step < Self.stepsOfTraining {
            let progress = Job.Progress(step: trainer.step, totalSteps: Self.stepsOfTraining, loss: 1)
            input = .heartbeat(attempt: attempt, progress: progress)
        } else {
            return await complete(attempt)
        }
        guard let decision = try? await world.ledger.apply(input, to: world.job.id).decision else { return nil }
        guard decision == .heartbeat else { return .ended(detail: "fenced off: \(decision)") }
        trainer.step += 1
        return nil
    }

    private func complete(_ attempt: Int) async -> RunState? {
        let registry = ModelRegistry(documents: world.documents, clock: world.clock)
        var job = world.job
        job.attempt = attempt
        do {
            let version = try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: job))
            var result = Sample.result
            result.modelVersion = version
            let made = result
            let input = JobInput.completed(attempt: attempt, made)
            let transition = try await world.ledger.apply(input, to: world.job.id) { _ throws(StoreError) in
                try await registry.publication(of: made)
            }
            return .ended(detail: "exit 0: \(transition.decision)")
        } catch {
            return nil
        }
    }

    private func report() async throws -> Report {
        let job = try await world.current()
        var report = Report(seed: seed, phase: job.phase)
        report.recoveries = Set(job.recoveries.map(\.cause))
        report.runs = world.tier.runs.count
        report.failure = job.failure?.code
        report.problems = world.documents.problems(of: job.id)
        let names = world.tier.runs.map(\.order.name)
        if Set(names).count != names.count { report.problems.append("an attempt was launched twice: \(names)") }
        if names.count > job.attempt { report.problems.append("\(names.count) runs, \(job.attempt) attempts") }
        if !job.phase.isTerminal { report.problems.append("not over: \(job)") }
        if job.attempt > JobWorld.policy.attemptsMax + JobWorld.policy.preemptionsMax {
            report.problems.append("\(job.attempt) attempts")
        }
        let history = world.documents.history(of: job.path)
        let completions = history.count { $0["status"] == .string("completed") }
        if completions != (job.phase == .completed ? 1 : 0) { report.problems.append("\(completions) completions") }
        report.problems += try await modelProblems(job)
        for run in world.tier.runs where !world.objects.names.contains(run.order.spec.uri) {
            report.problems.append("\(run.order.name) has no spec")
        }
        return report
    }

    /// One published version for a completed job, made by the attempt that completed it; none for others.
    private func modelProblems(_ job: Job) async throws -> [String] {
        let versions = try await world.documents.base.queryAll(DocumentQuery(collection: "models/reach/versions"))
        let published = versions.filter { $0.fields["state"] == .string("published") }
        let attempts = published.map { $0.fields["attempt"] }
        let expected = job.phase == .completed ? [DocumentValue.integer(Int64(job.attempt))] : []
        guard attempts == expected else { return ["published by \(attempts), wanted \(expected)"] }
        guard let made = job.result?.modelVersion, let version = published.first else { return [] }
        return version.fields["version"] == .integer(Int64(made)) ? [] : ["the result names v\(made)"]
    }
}

/// When calls fail, from a seed, until it clears up.
final class Weather: Sendable {
    private let random: SeededRandomSource
    private let share: Double
    private let isClear = Mutex(false)

    init(seed: UInt64, share: Double) {
        random = SeededRandomSource(seed: seed)
        self.share = share
    }

    /// Nothing fails from now on.
    func stop() { isClear.withLock { $0 = true } }

    /// Whether a call fails: before (false) or after (true) it took effect.
    func strikes() -> Bool? {
        guard !isClear.withLock({ $0 }), random.unit() < share else { return nil }
        return random.unit() < 0.5
    }

    func fault() -> FaultPlan.Fault? {
        let error = StoreError(.unavailable, "planned")
        return strikes().map { $0 ? .after(error) : .before(error) }
    }
}
