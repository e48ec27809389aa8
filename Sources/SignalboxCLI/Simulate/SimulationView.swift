import ArgumentParser
import SignalboxCore
import SignalboxTesting
import Wire

/// What a simulation came to, for people and programs.
struct SimulationView {
    let report: SimulationReport
    let smallest: SimulationFailure?
    let seconds: Double

    /// Runs a simulation, and makes the schedule smaller that fails.
    init(of simulation: Simulation) async {
        let start = ContinuousClock.now
        report = await simulation.run()
        seconds = (ContinuousClock.now - start) / .seconds(1)
        smallest = report.failure.flatMap { simulation.shrink($0.schedule) }
    }

    var exitCode: ExitCode { report.failure == nil ? .success : .failure }

    private var rate: Int { Int(Double(report.schedules) / max(seconds, 0.001)) }

    private var edgesTaken: Int { report.edges.count { $0.count > 0 } }

    var json: JSON {
        [
            "schedules": .integer(Int64(report.schedules)),
            "schedules_per_second": .integer(Int64(rate)),
            "events": .integer(Int64(report.events)),
            "runs": .integer(Int64(report.runs)),
            "jobs": .object(report.jobs.mapValues { .integer(Int64($0)) }),
            "faults": .object(
                Dictionary(uniqueKeysWithValues: report.faults.map { ($0.key.rawValue, .integer(Int64($0.value))) })
            ),
            "edges": .integer(Int64(report.edges.count)),
            "edges_taken": .integer(Int64(edgesTaken)),
            "failure": report.failure.map(failureJSON) ?? .null,
        ]
    }

    private func failureJSON(_ failure: SimulationFailure) -> JSON {
        [
            "seed": .string(String(failure.schedule.seed)),
            "invariant": .string(failure.violation.invariant.rawValue),
            "message": .string(failure.violation.message),
            "replay": .string(replayCommand(failure)),
            "smallest": smallest.map { .string($0.schedule.summary) } ?? .null,
        ]
    }

    private func replayCommand(_ failure: SimulationFailure) -> String {
        "signalbox simulate --seed \(failure.schedule.seed) --trace"
    }

    var lines: [String] {
        var lines = [
            "\(report.schedules) schedules in \(Figures.fixed(seconds, 1)) s: \(rate) a second",
            "\(report.events) events, \(report.runs) runs, \(edgesTaken) of \(report.edges.count) edges taken",
            "jobs: " + report.jobs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
        ]
        for kind in FaultKind.allCases {
            guard let count = report.faults[kind] else { continue }
            lines.append("fault \(kind.rawValue): \(count)")
        }
        guard let failure = report.failure else { return lines + ["every promise was kept"] }
        lines.append("broken: \(failure.violation.invariant.rawValue): \(failure.violation.message)")
        lines.append("schedule: \(failure.schedule.summary)")
        if let smallest { lines.append("smallest: \(smallest.schedule.summary)") }
        lines.append("replay: \(replayCommand(failure))")
        return lines
    }
}
