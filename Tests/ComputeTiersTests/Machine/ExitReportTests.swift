@testable import ComputeTiers
import SignalboxCore
import SignalboxTesting
import Testing

@Suite struct ExitReportTests {
    private static let ended = "the trainer ended with exit status"

    @Test func everyCauseHasItsState() {
        let expected: [String: RunState] = [
            "ended 0": .ended(detail: "\(Self.ended) 0"), "ended 1": .ended(detail: "\(Self.ended) 1"),
            "ended 69": .lost(detail: "\(Self.ended) 69"), "ended 75": .preempted, "stopped 75": .preempted,
            "stopped 137": .ended(detail: "\(Self.ended) 137"),
            "preempted 75": .preempted, "preempted 137": .preempted,
            "preempted 0": .ended(detail: "\(Self.ended) 0"),
            "limit 75": .preempted,
            "limit 137": .ended(detail: "stopped at its time limit; \(Self.ended) 137"),
            "restarted 1": .lost(detail: "the machine was started again under the trainer"),
            "lost 1": .lost(detail: "the container was lost"),
            "unstarted 1\ndenied": .refused(
                TierError(.permissionDenied, "the container did not start: denied")
            ),
            "unstarted 1\nimage not found": .refused(
                TierError(.invalidOrder, "the container did not start: image not found")
            ),
            "unstarted 1\ntimeout": .ended(detail: "the container did not start: timeout"),
        ]
        for (text, state) in expected { #expect(ExitReport(text: text).state == state, "\(text)") }
        let causes = Set(expected.keys.compactMap { ExitReport(text: $0).cause })
        #expect(causes == Set(ExitReport.Cause.allCases))
    }

    @Test(arguments: ["", "\n", "ended", "ended x", "nonsense 3", "\0"])
    func whatCannotBeReadTellsOfATrainerThatEnded(text: String) {
        let report = ExitReport(text: text)
        #expect(report.cause == .ended && report.status == 1 && report.tail == text && report.isFailure)
    }

    @Test func onlyTheLastLinesAreTold() {
        let log = (1...50).map { "line \($0)" }.joined(separator: "\n")
        guard case .ended(let detail) = ExitReport(text: "ended 1\n\(log)\n").state else {
            Issue.record("no end")
            return
        }
        #expect(detail.hasSuffix("line 50") && detail.contains("line 31\n") && !detail.contains("line 30\n"))
    }

    @Test func aStoreThatCannotBeReachedIsNoEvidence() async throws {
        let cases: [(StoreError.Code, TierError.Code)] = [
            (.unavailable, .unreachable), (.permissionDenied, .permissionDenied),
            (.unauthenticated, .permissionDenied),
        ]
        for (code, expected) in cases {
            let reports = ReportShelf(faults: FaultPlan { _, _ in .before(StoreError(code, "planned")) }).reports
            await #expect {
                try await reports.report(of: "signalbox-job-1-a1")
            } throws: {
                ($0 as? TierError)?.code == expected
            }
        }
    }

    @Test func liesBesideTheSpec() {
        let layout = BucketLayout(stagingBucket: "s", trainingBucket: "t", prefix: "fleet/")
        let reports = ExitReports(objects: MemoryObjectStore(clock: ManualClock()), layout: layout)
        #expect(reports.name(of: "signalbox-job-1-a2")?.uri == "gs://t/fleet/jobs/job-1/attempt-2/exit.txt")
        #expect(reports.name(of: "another") == nil)
    }
}
