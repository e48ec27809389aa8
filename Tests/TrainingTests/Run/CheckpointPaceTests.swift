import Testing

@testable import Training

@Suite("The pace of checkpoints") struct CheckpointPaceTests {
    /// The steps after which checkpoints were made, where each step takes a second.
    private func steps(everySteps: Int, everySeconds: Int, cost: Double, of count: Int) -> [Int] {
        var pace = CheckpointPace(everySteps: everySteps, everySeconds: everySeconds, now: 0)
        var (now, made): (Double, [Int]) = (0, [])
        for step in 1...count {
            now += 1
            guard pace.isDue(after: step, now: now) else { continue }
            pace.didSave(from: now, to: now + cost)
            now += cost
            made.append(step)
        }
        return made
    }

    @Test("follows steps or time, whichever comes first")
    func cadence() {
        #expect(steps(everySteps: 10, everySeconds: 1800, cost: 0, of: 35) == [10, 20, 30])
        #expect(steps(everySteps: 1000, everySeconds: 12, cost: 0, of: 40) == [12, 24, 36])
        #expect(steps(everySteps: 10, everySeconds: 15, cost: 0, of: 30) == [10, 20, 30])
    }

    @Test("never takes more than its share of the time, once the first has shown what one costs")
    func budget() {
        let cost = 2.0
        let made = steps(everySteps: 10, everySeconds: 1800, cost: cost, of: 2000)
        #expect(made.first == 10)
        #expect(made.count > 20)
        for (index, step) in made.enumerated().dropFirst() {
            let spent = Double(index + 1) * cost
            let passed = Double(step) + spent
            #expect(spent / passed <= CheckpointPace.shareMax + 0.001, "after step \(step)")
        }
    }

    @Test("a postponed one is made as soon as the budget allows")
    func postponed() {
        // Each costs 1 s: the second has to wait until 2 s are 3.5 % of what has passed.
        let made = steps(everySteps: 10, everySeconds: 1800, cost: 1, of: 100)
        #expect(made == [10, 57, 84])
    }

    @Test("counts the copies of the best parameters, and the first waits for none")
    func best() {
        var pace = CheckpointPace(everySteps: 1, everySeconds: 1800, now: 0)
        pace.didCopyBest(from: 1, to: 3)
        let isFirstDue = pace.isDue(after: 1, now: 3)
        #expect(isFirstDue)
        pace.didSave(from: 3, to: 4)
        pace.didCopyBest(from: 50, to: 51)
        // 4 s and what the next one costs are 3.5 % of 143 s.
        #expect(!pace.isAffordable(at: 142) && pace.isAffordable(at: 143))
        #expect(pace.overhead(at: 160) == CheckpointOverhead(seconds: 4, share: 0.025))
    }

    @Test("says what they have cost")
    func overhead() {
        var pace = CheckpointPace(everySteps: 1, everySeconds: 1, now: 100)
        #expect(pace.overhead(at: 100) == CheckpointOverhead(seconds: 0, share: 0))
        pace.didSave(from: 110, to: 111)
        pace.didSave(from: 150, to: 151)
        let overhead = pace.overhead(at: 200)
        #expect(overhead == CheckpointOverhead(seconds: 2, share: 0.02))
        #expect(overhead.description == "checkpoints kept it from training for 2.0 s, 2.0 %")
        #expect(!pace.isAffordable(at: 180) && pace.isAffordable(at: 186))
    }
}
