import SignalboxCore
import SignalboxTesting
import Wire

/// A job under random inputs from a seed: those that are due, those that come late, and those that make no sense.
struct RandomLife {
    /// Short times and small budgets, so that every limit is met within a life.
    static let policy = JobPolicy(
        launchLeaseSeconds: 10,
        startLeaseSeconds: 60,
        leaseSeconds: 30,
        attemptsMax: 2,
        preemptionsMax: 2,
        refusalsMax: 2,
        runSecondsMax: 600,
        queueSecondsMax: 120,
        jobSecondsMax: 4000
    )

    static let ladders = [
        Ladder([
            Ladder.Rung(place: Place(tier: "scripted", provisioning: .spot), usdPerHour: 1),
            Ladder.Rung(place: Place(tier: "second"), usdPerHourMax: 3, usdPerHour: 2),
        ]),
        Ladder([Ladder.Rung(place: Place(tier: "scripted"))]),
        Ladder([]),
    ]

    private(set) var job: Job
    private(set) var now = Sample.now
    private let random: SeededRandomSource
    private let lifecycle = JobLifecycle(policy: policy)
    private let ladder: Ladder
    /// Whether there is no capacity anywhere.
    private let isDry: Bool

    init(seed: UInt64) {
        random = SeededRandomSource(seed: seed)
        job = Sample.job()
        let share = random.next() % 20
        ladder = Self.ladders[share == 0 ? 2 : share < 14 ? 0 : 1]
        isDry = random.next() % 6 == 0
        if random.next() % 3 == 0 { job.config.spendMaxUSD = 0.1 }
    }

    /// One input and what came of it.
    mutating func step() -> (before: Job, input: JobInput, transition: JobTransition) {
        passTime()
        if pick(150) == 0 { job.cancelRequested = true }
        let before = job
        let input = nextInput()
        let transition = lifecycle.step(before, input, now: now)
        job = transition.job
        return (before, input, transition)
    }

    private func pick(_ count: UInt64) -> Int { Int(random.next() % count) }

    private mutating func passTime() {
        switch pick(24) {
        case 0: now = now + .seconds(Int64(pick(900)))
        case 1: now = now - .seconds(Int64(pick(5)))
        case 2...9: now = now + .seconds(Int64(pick(70)))
        default: now = now + .milliseconds(Int64(pick(9000)))
        }
    }

    private var attempt: Int {
        switch pick(20) {
        case 0: job.attempt - 1
        case 1: job.attempt + 1
        default: job.attempt
        }
    }

    private var runner: String { pick(5) == 0 ? Sample.secondRunner : Sample.runner }

    private func nextInput() -> JobInput {
        // Half of the inputs are those that a job in its phase waits for; a life would get nowhere without.
        if pick(2) == 0 { return expected() }
        switch pick(15) {
        case 0: return attended
        case 1:
            let handle = pick(2) == 0 ? "run-\(job.attempt)" : nil
            return .found(attempt: attempt, handle: handle, launcher: pick(3) == 0 ? launcher : holder)
        case 2: return .launched(attempt: attempt, handle: "run-\(job.attempt)")
        case 3: return .launchRefused(attempt: attempt, error, launcher: launcher)
        case 4: return .specTaken(attempt: attempt, message: "other bytes", launcher: launcher)
        case 5: return .inspected(attempt: attempt, answer, asOf: pick(8) == 0 ? now : job.updatedAt)
        case 6: return .released(attempt: attempt)
        case 7: return .tierFailed(attempt: attempt, error, asOf: pick(8) == 0 ? now : job.updatedAt)
        case 8: return heartbeat
        case 9: return .canary(attempt: attempt, runner: runner, passed: pick(2) == 0)
        case 10: return .preempted(attempt: attempt, runner: runner)
        case 11: return pick(3) == 0 ? .completed(attempt: attempt, runner: runner, Sample.result) : heartbeat
        case 12:
            let failure = Job.Failure(.engineFailed, "step 7")
            return pick(3) == 0 ? .failed(attempt: attempt, runner: runner, failure) : heartbeat
        case 13: return .logRead(attempt: attempt, ["INFO step 7"])
        default: return .retried(tier: pick(3) == 0 ? "second" : nil, spendMaxUSD: pick(3) == 0 ? 5 : nil)
        }
    }

    private func expected() -> JobInput {
        switch job.phase {
        case .pending: job.handle == nil || pick(3) == 0 ? attended : .released(attempt: job.attempt)
        case .launching where isDry:
            .launchRefused(attempt: job.attempt, TierError(.capacity, "none left"), launcher: holder)
        case .launching: pick(3) == 0 ? attended : .launched(attempt: job.attempt, handle: "run-\(job.attempt)")
        case .running where pick(4) == 0: .logRead(attempt: job.attempt, ["INFO step 7"])
        case .launched, .running: pick(2) == 0 ? attended : heartbeat
        case .completed, .failed: pick(2) == 0 ? attended : .retried(tier: nil, spendMaxUSD: 5)
        }
    }

    private var attended: JobInput { .attended(launcher: launcher, ladder: ladder) }

    private var launcher: String { "launcher-\(pick(3))" }

    private var holder: String { job.lease?.holder ?? launcher }

    private var heartbeat: JobInput {
        let progress = Job.Progress(step: pick(100), totalSteps: 100, loss: pick(10) == 0 ? .nan : 0.5)
        return .heartbeat(
            attempt: attempt,
            runner: runner,
            progress: pick(2) == 0 ? progress : nil,
            isFirst: pick(3) == 0
        )
    }

    private var error: TierError {
        let codes = TierError.Code.allCases + [.capacity, .capacity, .quota]
        return TierError(codes[pick(UInt64(codes.count))], "no\r\nmore of it")
    }

    private var answer: Result<RunState, TierError> {
        let unreachable = Result<RunState, TierError>.failure(TierError(.unreachable, "no answer"))
        let states: [RunState] = [
            .starting, .starting, .running, .running, .ended(detail: "exit 1\nlast words"), .preempted,
            .lost(detail: "host error"), .refused(error), .gone,
        ]
        let answers = states.map(Result.success) + [unreachable, unreachable, .failure(error)]
        return answers[pick(UInt64(answers.count))]
    }
}
