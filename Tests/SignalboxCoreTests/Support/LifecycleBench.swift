import SignalboxCore
import Wire

/// A job, the machine that steps it, and a clock by hand.
struct LifecycleBench {
    var job: Job
    var now = Sample.now
    var ladder: Ladder
    let lifecycle: JobLifecycle

    init(_ job: Job = Sample.job(), policy: JobPolicy = JobPolicy(), ladder: Ladder = Sample.ladder) {
        self.job = job
        self.ladder = ladder
        lifecycle = JobLifecycle(policy: policy)
    }

    /// Takes an input once so many seconds have passed.
    @discardableResult
    mutating func step(_ input: JobInput, after seconds: Int = 0) -> JobTransition {
        now = now + .seconds(seconds)
        let transition = lifecycle.step(job, input, now: now)
        job = transition.job
        return transition
    }

    @discardableResult
    mutating func attend(_ launcher: String = "launcher", after seconds: Int = 0) -> JobTransition {
        step(.attended(launcher: launcher, ladder: ladder), after: seconds)
    }

    @discardableResult
    mutating func inspect(_ state: RunState?, after seconds: Int = 0) -> JobTransition {
        let answer = state.map(Result.success) ?? .failure(TierError(.unreachable, "no answer"))
        return step(.inspected(attempt: job.attempt, answer, asOf: job.updatedAt), after: seconds)
    }

    /// The tier could not do what was needed.
    @discardableResult
    mutating func tierFails(_ error: TierError, after seconds: Int = 0) -> JobTransition {
        step(.tierFailed(attempt: job.attempt, error, asOf: job.updatedAt), after: seconds)
    }

    @discardableResult
    mutating func heartbeat(_ runner: String = Sample.runner, after seconds: Int = 0) -> JobTransition {
        step(.heartbeat(attempt: job.attempt, runner: runner, progress: nil), after: seconds)
    }

    @discardableResult
    mutating func refuse(_ code: TierError.Code = .capacity) -> JobTransition {
        step(.launchRefused(attempt: job.attempt, TierError(code, "none left"), launcher: "launcher"))
    }

    /// Gives the last run back, where there is one, waits for capacity where it has to, and claims an attempt.
    mutating func claim() {
        if job.handle != nil { step(.released(attempt: job.attempt)) }
        if let notBefore = job.notBefore { now = max(now, notBefore) }
        if let heldUntil = job.heldUntil { now = max(now, heldUntil) }
        attend()
    }

    /// Claims an attempt and has it launched.
    mutating func launch() {
        claim()
        step(.launched(attempt: job.attempt, handle: "run-\(job.attempt)"))
    }

    /// Launches an attempt and has its trainer report.
    mutating func run() {
        launch()
        heartbeat()
    }
}
