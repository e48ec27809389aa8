import SignalboxCore
import Testing
import Wire

@Suite("The lifecycle and places")
struct JobLifecyclePlaceTests {
    static let places = ["scripted/-/small/spot", "scripted/-/small", "second"].compactMap { Place($0) }

    private func bench(_ count: Int, policy: JobPolicy = JobPolicy()) -> LifecycleBench {
        LifecycleBench(policy: policy, ladder: Ladder(Self.places.prefix(count).map { Ladder.Rung(place: $0) }))
    }

    @Test("no capacity: the next rung at once, and after the last the first again, later")
    func walk() {
        var bench = bench(3)
        for round in 0..<2 {
            for (index, place) in Self.places.enumerated() {
                bench.attend()
                #expect(bench.job.phase == .launching)
                #expect(bench.job.placement?.place == place)
                #expect(bench.job.placement?.choices == 3)
                bench.refuse()
                #expect(bench.job.phase == .pending)
                let isLast = index == 2
                #expect(bench.job.notBefore == (isLast ? bench.now + .seconds(round == 0 ? 60 : 120) : nil))
                #expect(bench.job.recoveries.last?.place == place)
            }
            let waiting = bench.job
            #expect(bench.attend(after: 59).decision == .capacityAwaited)
            #expect(bench.job == waiting)
            bench.now = waiting.notBefore ?? bench.now
        }
        #expect(bench.job.attempt == 6)
    }

    @Test("the wait doubles up to an hour")
    func waits() {
        var bench = bench(1)
        var waits: [Duration] = []
        for _ in 0..<24 {
            bench.claim()
            bench.refuse(.quota)
            waits.append((bench.job.notBefore ?? bench.now) - bench.now)
        }
        let first = [60, 120, 240, 480, 960, 1920].map { Duration.seconds($0) }
        #expect(waits == first + Array(repeating: .seconds(3600), count: 18))
    }

    @Test("a run that was heard and is refused all the same: not the same place again")
    func refusedAfterwards() {
        var bench = bench(2)
        bench.claim()
        bench.refuse()
        bench.run()
        #expect(bench.job.placement?.place == Self.places[1])
        bench.inspect(.refused(TierError(.capacity, "requeued")), after: 61)
        bench.claim()
        #expect(bench.job.placement?.place == Self.places[0])
        bench.refuse()
        bench.claim()
        #expect(bench.job.placement?.place == Self.places[1])
    }

    @Test("a heartbeat begins the walk anew")
    func reset() {
        var bench = bench(2)
        for _ in 0..<3 {
            bench.claim()
            bench.refuse()
        }
        bench.run()
        #expect(bench.job.placement?.place == Self.places[1])
        #expect(bench.job.refusals == 0)
        bench.inspect(.gone, after: 60)
        bench.claim()
        #expect(bench.job.placement?.place == Self.places[0])
    }

    @Test("a refusal that surfaces after the launch walks on as well, once the run is given back")
    func lateRefusal() {
        var bench = bench(2)
        bench.launch()
        bench.inspect(.refused(TierError(.capacity, "stockout")), after: 30)
        #expect(bench.job.phase == .pending)
        #expect(bench.job.recoveries.map(\.cause) == [.launchRefused])
        #expect(bench.attend().actions == [.release(attempt: 1, handle: "run-1")])
        bench.claim()
        #expect(bench.job.placement?.place == Self.places[1])
    }

    @Test("a queue is left after a while where there are other places", arguments: [1, 2])
    func queue(count: Int) {
        var bench = bench(count, policy: JobPolicy(queueSecondsMax: 900))
        bench.launch()
        for _ in 0..<29 {
            bench.inspect(.starting, after: 30)
            #expect(bench.job.phase == .launched)
        }
        #expect(bench.inspect(.starting, after: 29).decision != .attemptGivenUp)
        // It may have started since the last look: the tier is asked first.
        #expect(bench.attend(after: 1).actions == [.inspect(attempt: 1, handle: "run-1")])
        let transition = bench.inspect(.starting)
        guard count > 1 else {
            #expect(transition.job.phase == .launched)
            return
        }
        #expect(transition.decision == .attemptGivenUp)
        #expect(transition.actions == [.cancel(handle: "run-1")])
        #expect(bench.job.recoveries.map(\.cause) == [.launchRefused])
        #expect(bench.job.recoveries.last?.evidence == "capacity: waited 900 s in the queue")
        bench.claim()
        #expect(bench.job.placement?.place == Self.places[1])
    }

    @Test("a run that the tier says runs is in no queue")
    func noQueue() {
        var bench = bench(2, policy: JobPolicy(queueSecondsMax: 900))
        bench.launch()
        for _ in 0..<60 { bench.inspect(.running, after: 30) }
        bench.attend()
        #expect(bench.job.phase == .launched)
    }

    @Test("a run that dies before its first word is noticed after 30 s")
    func startAwaited() {
        var bench = bench(1)
        bench.launch()
        let launched = bench.job
        #expect(bench.attend(after: 29).decision == .leaseFresh)
        let transition = bench.attend(after: 2)
        #expect(transition.decision == .startAwaited)
        #expect(transition.actions == [.inspect(attempt: 1, handle: "run-1")])
        #expect(bench.job == launched)
    }

    @Test("gone or over before the first word: given up at once", arguments: [RunState.gone, .ended(detail: "exit 1")])
    func diedEarly(state: RunState) {
        var bench = bench(1)
        bench.launch()
        #expect(bench.inspect(state, after: 30).decision == .attemptGivenUp)
        #expect(bench.job.phase == .pending)
        #expect((bench.job.handle == nil) == (state == .gone))
    }

    @Test(
        "alive or unreachable before the first word: nothing to write",
        arguments: [.starting, .running, nil] as [RunState?]
    )
    func aliveEarly(state: RunState?) {
        var bench = bench(1)
        bench.launch()
        // The first look may set the bill right.
        bench.inspect(state, after: 30)
        let seen = bench.job
        for _ in 0..<8 { bench.inspect(state, after: 30) }
        #expect(bench.job == seen)
        #expect(bench.job.phase == .launched)
    }

    @Test("the next claim waits until the last run is given back, but ten minutes only for a tier that cannot tell")
    func release() {
        var bench = bench(1)
        bench.run()
        bench.inspect(.ended(detail: "exit 1"), after: 60)
        for seconds in [0, 300, 299] {
            let transition = bench.attend(after: seconds)
            #expect(transition.decision == .runReleasing)
            #expect(transition.actions == [.release(attempt: 1, handle: "run-1")])
            #expect(bench.job.phase == .pending)
        }
        #expect(bench.attend(after: 1).decision == .runReleasing)
        bench.tierFails(TierError(.unreachable, "no route"))
        // It is silent only since then.
        #expect(bench.attend(after: 599).decision == .runReleasing)
        #expect(bench.attend(after: 1).decision == .attemptClaimed)
        #expect(bench.job.handle == nil)
    }

    @Test("one question that failed does not end the wait: the tier's next word clears the problem")
    func blip() {
        var bench = bench(1)
        bench.run()
        bench.inspect(.ended(detail: "exit 1"), after: 60)
        for _ in 0..<3 {
            bench.tierFails(TierError(.unreachable, "no route"), after: 300)
            let answered = bench.inspect(.running, after: 299)
            #expect(answered.decision == .runReleasing)
            #expect(answered.actions == [.wait(until: bench.now + .seconds(JobController.releaseLookSeconds))])
            #expect(bench.job.problem == nil)
            #expect(bench.attend(after: 1).actions == [.release(attempt: 1, handle: "run-1")])
        }
        bench.tierFails(TierError(.unreachable, "no route"))
        bench.tierFails(TierError(.permissionDenied, "no role"), after: 300)
        #expect(bench.job.problem?.code == "permission_denied")
        #expect(bench.attend(after: 300).decision == .attemptClaimed)
    }

    @Test("an old answer does not clear a newer problem", arguments: [RunState.running, .starting])
    func blipNotedLate(state: RunState) {
        var bench = bench(1)
        bench.run()
        bench.inspect(.ended(detail: "exit 1"), after: 60)
        let asked = bench.job.updatedAt
        bench.tierFails(TierError(.unreachable, "no route"), after: 5)
        let noted = bench.job
        #expect(bench.step(.inspected(attempt: 1, .success(state), asOf: asked)).decision == .runReleasing)
        #expect(bench.job == noted)
    }

    @Test("problems that take turns are not noted at once: each note is a write, and each write a look")
    func problemsTakeTurns() {
        var bench = bench(1)
        bench.run()
        bench.inspect(.ended(detail: "exit 1"), after: 60)
        bench.tierFails(TierError(.unreachable, "no route"))
        let noted = bench.job
        bench.tierFails(TierError(.permissionDenied, "no role"), after: 59)
        bench.tierFails(TierError(.unreachable, "no route"))
        #expect(bench.job == noted)
        bench.tierFails(TierError(.permissionDenied, "no role"), after: 2)
        #expect(bench.job.problem?.code == "permission_denied")
    }

    @Test("a launch that its tier cannot answer for is left after a while where there are other places")
    func unansweredLaunch() {
        var bench = bench(2, policy: JobPolicy(queueSecondsMax: 900))
        bench.attend()
        bench.tierFails(TierError(.unreachable, "no route"))
        #expect(bench.attend("second", after: 899).actions == [.find(attempt: 1)])
        #expect(bench.attend("third", after: 60).decision == .attemptGivenUp)
        #expect(bench.job.isReleasing)
        #expect(bench.attend().actions == [.release(attempt: 1, handle: nil)])
    }

    @Test("a run that is given back makes way at once; the tier's `gone` needs no giving back")
    func released() {
        var bench = bench(1)
        bench.run()
        bench.inspect(.ended(detail: "exit 1"), after: 60)
        let released = bench.step(.released(attempt: 1))
        #expect(released.actions == [.attendAgain])
        #expect(bench.job.handle == nil)
        #expect(bench.attend().decision == .attemptClaimed)
        bench.step(.launched(attempt: 2, handle: "run-2"))
        bench.inspect(.gone, after: 30)
        #expect(bench.job.handle == nil)
        #expect(bench.attend().decision == .attemptClaimed)
    }

    @Test("a run that takes longer than it may is stopped and given up")
    func overdue() {
        var bench = bench(1, policy: JobPolicy(runSecondsMax: 1000))
        bench.run()
        for _ in 0..<37 { bench.heartbeat(after: 30) }
        #expect(bench.attend(after: 9).decision == .leaseFresh)
        let transition = bench.attend(after: 1)
        #expect(transition.decision == .attemptGivenUp)
        #expect(transition.actions == [.cancel(handle: "run-1")])
        #expect(bench.job.recoveries.map(\.cause) == [.overdue])
    }

    @Test("before the last one is given up its trainer's log is read; the job's error has its end")
    func lastOverdue() {
        var bench = bench(1, policy: JobPolicy(attemptsMax: 1, runSecondsMax: 1000))
        bench.run()
        let before = bench.job
        let log = JobInput.logRead(attempt: 1, ["INFO step 7"])
        #expect(bench.step(log, after: 60).decision == .ignored)
        let look = bench.attend(after: 1060)
        #expect(look.decision == .logAwaited)
        #expect(look.actions == [.readLog(attempt: 1)])
        #expect(bench.job == before)
        let transition = bench.step(log)
        #expect(transition.decision == .failed)
        #expect(transition.actions == [.cancel(handle: "run-1")])
        #expect(bench.job.failure?.message.hasSuffix("its trainer's first report\nINFO step 7") == true)
    }

    @Test("a log that is read late, or of an attempt that is not the last, changes nothing")
    func strangeLog() {
        var bench = bench(1, policy: JobPolicy(runSecondsMax: 1000))
        bench.run()
        #expect(bench.step(.logRead(attempt: 1, ["INFO step 7"]), after: 1120).decision == .ignored)
        #expect(bench.heartbeat().decision == .heartbeat)
        bench.attend()
        #expect(bench.job.phase == .pending)
        #expect(bench.step(.logRead(attempt: 1, ["INFO step 7"])).decision == .ignored)
    }

    @Test("a run's time counts from its trainer's first report, however long its machine took to start it")
    func slowStart() {
        var bench = bench(1, policy: JobPolicy(runSecondsMax: 3600))
        bench.launch()
        bench.inspect(.running, after: 30)
        bench.heartbeat(after: 570)
        let heardSince = bench.now
        for _ in 0..<123 { bench.heartbeat(after: 30) }
        #expect(bench.job.placement?.heardSince == heardSince)
        #expect(bench.attend(after: 29).decision == .leaseFresh)
        #expect(bench.attend(after: 1).decision == .attemptGivenUp)
        #expect(bench.job.recoveries.map(\.evidence) == ["still there 3720 s after its trainer's first report"])
    }

    @Test("a run that never reports has the time to start besides its own")
    func neverHeard() {
        var bench = bench(1, policy: JobPolicy(runSecondsMax: 600))
        bench.launch()
        let limit = JobPolicy.startSecondsMax + 720
        for _ in 0..<(limit / 60 - 1) { #expect(bench.inspect(.running, after: 60).decision != .attemptGivenUp) }
        #expect(bench.inspect(.running, after: 59).decision != .attemptGivenUp)
        #expect(bench.inspect(.running, after: 1).decision == .attemptGivenUp)
        #expect(bench.job.recoveries.map(\.evidence) == ["still there \(limit) s after its launch, and never heard"])
    }

    @Test("a trainer that is started anew has its own time")
    func startedAnew() {
        var bench = bench(1, policy: JobPolicy(runSecondsMax: 600))
        bench.run()
        bench.inspect(.starting, after: 400)
        #expect(bench.job.placement?.heardSince == nil)
        bench.inspect(.running, after: 300)
        bench.step(.heartbeat(attempt: 1, runner: "runner-b", progress: nil, isFirst: true), after: 70)
        #expect(bench.job.placement?.heardSince == bench.now)
        #expect(bench.attend(after: 30).decision == .leaseFresh)
    }

    @Test("no place that may be used: the job fails and says why")
    func noPlace() {
        var bench = LifecycleBench(
            ladder: Ladder([Ladder.Rung(place: Self.places[0], usdPerHourMax: 1, usdPerHour: 2)])
        )
        #expect(bench.attend().decision == .failed)
        #expect(bench.job.failure?.code == .noPlace)
        #expect(bench.job.failure?.message.contains("above its ceiling") == true)
    }

    @Test("two losses on spot machines: the next attempt goes where no machine is taken back")
    func leavesSpot() {
        var bench = bench(2)
        for _ in 0..<2 {
            bench.run()
            #expect(bench.job.placement?.place == Self.places[0])
            bench.inspect(.preempted, after: 60)
        }
        bench.run()
        #expect(bench.job.placement?.place == Self.places[1])
        #expect(bench.job.placement?.choices == 1)
    }

    @Test("a failed canary: no machine that may be taken back any more")
    func canary() {
        var bench = bench(2)
        bench.run()
        bench.step(.canary(attempt: 1, runner: Sample.runner, passed: false))
        #expect(bench.job.canaryPassed == false)
        #expect(bench.job.recoveries.map(\.cause) == [.canaryFailed])
        bench.run()
        #expect(bench.job.placement?.place == Self.places[1])
        // Said late, it is a word of the run all the same: a tier that has forgotten the run does not end it.
        let passed = JobInput.canary(attempt: 2, runner: Sample.runner, passed: true)
        #expect(bench.step(passed, after: JobPolicy().leaseSeconds + 1).decision == .canaryPassed)
        #expect(bench.attend().decision == .leaseFresh)
        #expect(bench.job.canaryPassed == true)
    }
}
