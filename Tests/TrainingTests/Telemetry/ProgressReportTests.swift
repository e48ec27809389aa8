import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("Lines of progress") struct ProgressReportTests {
    private let start = ManualClock().now()

    private func line(_ report: inout ProgressReport, _ step: Int, of total: Int?, after seconds: Int) -> String? {
        report.line(step: step, of: total, loss: 0.123_456, attempt: 3, at: start + .seconds(seconds))?.message
    }

    @Test("come at the first step, every so often, and at the last one")
    func pace() {
        var report = ProgressReport()
        #expect(line(&report, 1, of: 1000, after: 0) == "step 1 of 1000, loss 0.1235, attempt 3")
        #expect(line(&report, 2, of: 1000, after: 1) == nil)
        #expect(line(&report, 60, of: 1000, after: 9) == nil)
        let text = "step 101 of 1000, loss 0.1235, 10.0 steps/s, 1 min 30 s left, attempt 3"
        #expect(line(&report, 101, of: 1000, after: 10) == text)
        #expect(line(&report, 102, of: 1000, after: 11) == nil)
        #expect(line(&report, 1000, of: 1000, after: 12) == "step 1000 of 1000, loss 0.1235, 449.5 steps/s, attempt 3")
    }

    @Test("say no more than a command tells")
    func unknownTotal() {
        var report = ProgressReport()
        #expect(line(&report, 5, of: nil, after: 0) == "step 5, loss 0.1235, attempt 3")
        #expect(line(&report, 6, of: nil, after: 1) == nil)
        #expect(line(&report, 25, of: nil, after: 20) == "step 25, loss 0.1235, 1.0 steps/s, attempt 3")
    }

    @Test(
        "are written as people read them",
        arguments: [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3660, "1 h 01 min")]
    )
    func time(seconds: Int, text: String) { #expect(ProgressReport.time(seconds) == text) }

    @Test(
        "round to what counts",
        arguments: [
            (0.000_123_456, "0.0001235"), (12.3456, "12.35"), (123_456, "123456.0"), (-0.5, "-0.5"), (.nan, "nan"),
            (0, "0.0"),
        ] as [(Double, String)]
    )
    func rounded(value: Double, text: String) { #expect(ProgressReport.rounded(value) == text) }
}
