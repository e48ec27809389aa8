import SignalboxCore
import Testing

@Suite("Price drift")
struct PriceDriftTests {
    @Test(
        "is a difference of more than five per cent, either way",
        arguments: [
            (1, 1.05, false), (1, 1.0501, true), (1, 0.95, false), (1, 0.9499, true), (0.2, 0.21, false),
            (0.3, 0.315, false), (0.3, 0.3151, true), (1, 1, false), (0, 0, false), (0, 0.0001, true), (1, 0, true),
        ] as [(Double, Double, Bool)]
    )
    func tolerance(reckoned: Double, actual: Double, isBeyond: Bool) throws {
        let drift = try #require(PriceDrift(.usdPerHour, reckoned: reckoned, actual: actual))
        #expect(drift.isBeyondTolerance == isBeyond)
    }

    @Test("is a share of what was reckoned with")
    func share() throws {
        #expect(PriceDrift(.billedUSD, reckoned: 2, actual: 2.5)?.share == 0.25)
        #expect(PriceDrift(.billedUSD, reckoned: 2, actual: 1)?.share == -0.5)
        let fromNothing = try #require(PriceDrift(.billedUSD, reckoned: 0, actual: 1))
        #expect(fromNothing.share == nil)
    }

    @Test(
        "of a job that is over is against the hours of its training, unless others are named",
        arguments: [(nil, 2, 0.5), (4, 4, -0.25), (3, 3, 0)] as [(Double?, Double, Double)]
    )
    func measured(hours: Double?, reckoned: Double, share: Double) throws {
        var job = Sample.job(.completed, attempt: 2)
        job.result = Sample.result
        job.result?.trainingTimeSeconds = 7200
        job.spentUSD = 3
        let drift = try #require(PriceDrift(measured: job, hours: hours, usdPerHour: 1))
        #expect(drift.subject == .measuredUSD)
        #expect(drift.reckoned == reckoned && drift.actual == 3 && drift.share == share)
        #expect(drift.isBeyondTolerance == (share != 0))
    }

    @Test("of a job that is not over, or that finished no training, is not known")
    func unmeasured() {
        var job = Sample.job(.running, attempt: 1)
        job.result = Sample.result
        #expect(PriceDrift(measured: job, hours: 1, usdPerHour: 1) == nil)
        job.phase = .failed
        job.result = nil
        #expect(PriceDrift(measured: job, usdPerHour: 1) == nil)
        #expect(PriceDrift(measured: job, hours: 1, usdPerHour: 1) != nil)
        #expect(PriceDrift(measured: job, hours: 1, usdPerHour: nil) == nil)
    }

    @Test("is not known where a side is not")
    func unknown() {
        #expect(PriceDrift(.usdPerHour, reckoned: nil, actual: 1) == nil)
        #expect(PriceDrift(.usdPerHour, reckoned: 1, actual: nil) == nil)
        #expect(PriceDrift(.usdPerHour, reckoned: .nan, actual: 1) == nil)
    }
}
