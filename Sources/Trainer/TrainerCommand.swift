import ArgumentParser
import Glibc
import GoogleCloud
import SignalboxCore
import Training
import Wire

/// `trainer --spec gs://…/spec.json`.
@main struct TrainerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainer",
        abstract: "Runs one attempt of a training job, from its spec to a registered model.",
        discussion: """
            Exit codes: 0 completed, or the job is another attempt's by now; 1 the job failed; 69 the stores cannot be \
            reached; 75 stopped in order, the job goes on from its checkpoint; 78 a setting is missing or malformed.
            """,
        version: Provenance.trainerVersion
    )

    @Option(help: "The job's spec: gs://bucket/…/spec.json or a file.")
    var spec: String?

    @Option(help: "Checkpoint and stop before so long is over: 12h, 90m, 3600s (SIGNALBOX_SESSION_LIMIT).")
    var sessionLimit: SessionLimit?

    @Flag(
        inversion: .prefixedNo,
        help: "Log and progress as JSON lines on standard output, or for people on standard error (on a terminal)."
    )
    var json: Bool?

    @Option(help: .hidden)
    var benchSteps: Int?

    @Option(help: .hidden)
    var benchPreset = JobConfig.standard.preset

    @Option(help: .hidden)
    var benchModel = JobConfig.standard.modelType

    func validate() throws {
        guard (spec == nil) != (benchSteps == nil) else { throw ValidationError("--spec is missing") }
    }

    func run() async throws {
        let variables = ProcessEnvironment.current()
        do {
            let setup = TrainerSetup(variables: variables)
            if let benchSteps { return try await bench(setup, steps: benchSteps) }
            throw ExitCode(try await train(setup))
        } catch let code as ExitCode {
            throw code
        } catch let error as StoreError where error.isTransient {
            throw ExitCode(report("\(error)", TrainerExit.unavailable))
        } catch {
            throw ExitCode(report("\(error)", TrainerExit.configuration))
        }
    }

    private func train(_ setup: TrainerSetup) async throws -> Int32 {
        let startedAt = SystemClock().now()
        // Before anything else: a SIGTERM that comes while starting must not kill.
        let signals = try StopSignals()
        let stop = StopSignal()
        let listening = Task {
            _ = await signals.next()
            stop.request(.terminated)
        }
        defer { listening.cancel() }
        let limit = try sessionLimit ?? setup.sessionLimit()
        let console = TrainerConsole(json: json)
        let place = spec ?? ""
        let run: JobRun
        do {
            run = try await stop.cancelling {
                var surroundings = try await setup.surroundings(sessionSecondsMax: limit?.seconds) { console.write($0) }
                // Keys may come from a service and the spec from a store: that takes of the session's time too.
                surroundings.startedAt = startedAt
                let jobSpec = try await setup.spec(place, surroundings.objects)
                return JobRun(spec: jobSpec, surroundings: surroundings, makeEngine: setup.engineMaker())
            }
        } catch is Interrupted {
            let cause = stop.cause ?? .terminated
            return report("stopped, \(cause.rawValue): the attempt had not begun", TrainerExit.preempted)
        }
        switch await run.run(stop: stop) {
        case .completed(let result): return report("completed: \(result.modelURI)", TrainerExit.done)
        case .fenced(let decision):
            return report("\(decision.rawValue): the job is not this attempt's", TrainerExit.done)
        case .failed(let failure): return report("failed: \(failure.message)", TrainerExit.failed)
        case .ended(let detail): return report("ended: \(detail)", TrainerExit.failed)
        case .unavailable(let error): return report("\(error)", TrainerExit.unavailable)
        case .preempted(let cause, let step):
            let kept = step.map { "the checkpoint of step \($0) is kept" } ?? "nothing was to be kept yet"
            return report("stopped, \(cause.rawValue): \(kept)", TrainerExit.preempted)
        }
    }

    private func report(_ message: String, _ code: Int) -> Int32 {
        TrainerConsole(json: json).end(message, code)
        return Int32(code)
    }

    private func bench(_ setup: TrainerSetup, steps: Int) async throws {
        let makeEngine = setup.engineMaker()
        let (engine, _) = try await makeEngine(JobConfig(modelType: benchModel, preset: benchPreset))
        let times = try await StepBenchmark.run(engine, steps: steps)
        let json: JSON = [
            "steps": .integer(Int64(steps)),
            "first_loss_at_seconds": .double(times.firstLossAtSeconds),
            "median_seconds": .double(times.medianSeconds),
            "ninetieth_percentile_seconds": .double(times.ninetiethPercentileSeconds),
        ]
        FileIO.writeLine(json.serialized(), to: STDOUT_FILENO)
    }
}
