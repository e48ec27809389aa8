import SignalboxCore
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("MLflow", .serialized) struct MLflowTests {
    private static let curve = """
        runs = client.search_runs([e.experiment_id for e in client.search_experiments() if e.name == "arms/reach"])
        for run in runs:
            print(run.info.run_name, run.info.status, run.info.end_time is not None)
            print(sorted(run.data.params.items()))
            print(run.data.tags["signalbox.job_id"], run.data.tags["signalbox.attempt"])
            print(run.data.tags["mlflow.source.git.commit"])
            history = client.get_metric_history(run.info.run_id, "loss/train")
            print(sorted({(m.step, round(m.value, 6)) for m in history}))
            print(sorted(run.data.metrics))
        """

    @Test("keeps one run of all attempts, as its own client reads it", .timeLimit(.minutes(10)))
    func twoAttempts() async throws {
        let server = try await MLflowServer()
        // It has loaded what it needs by then: a run that is over waits for no more than a few calls.
        #expect(try server.ask("print(len(client.search_experiments()))") == "1\n")
        var telemetry = Telemetry(provenance: Provenance(gitSHA: String(repeating: "a", count: 40)))
        let variables = ["MLFLOW_TRACKING_URI": server.endpoint, "MLFLOW_EXPERIMENT_NAME": "arms/reach"]
        telemetry.addTrackers(Environment(variables), transport: HTTPClient())
        let world = try await TrainerWorld()
        let stop = StopSignal()
        let engine = CountingEngine(stopping: stop, at: 7)
        let warnings = Mutex<[String]>([])
        let console: @Sendable (ConsoleLine) -> Void = { line in
            if line.json["severity"] == "WARNING" { warnings.withLock { $0.append(line.text) } }
        }
        let first = try await world.run(engine: engine, telemetry: telemetry, console: console, stop: stop)
        guard case .preempted = first else {
            Issue.record("it ended \(first)")
            return
        }
        let between = try server.ask(Self.curve).split(separator: "\n")
        #expect(between.first == "\(world.jobID) SCHEDULED False")
        try await world.launch()
        let last = try await world.run(telemetry: telemetry, console: console)
        guard case .completed = last else {
            Issue.record("it ended \(last)")
            return
        }
        let job = try await world.job()
        let said = try server.ask(Self.curve).split(separator: "\n").map(String.init)
        #expect(said.count == 6, "\(said)")
        #expect(said[0] == "\(world.jobID) FINISHED True")
        #expect(said[1].contains("('learning_rate', '0.005')") && said[1].contains("('model_type', 'wavecore')"))
        #expect(said[2] == "\(world.jobID) \(job.attempt)")
        #expect(said[3] == String(repeating: "a", count: 40))
        let steps = (1...18).map { "(\($0), \(Self.python(1 / Float($0))))" }
        #expect(said[4] == "[\(steps.joined(separator: ", "))]")
        let names = [
            "epoch", "gate/baseline_loss", "gate/best_validation_loss", "gate/final_loss", "gate/initial_loss",
        ]
        #expect(
            said[5] == "[" + (names + ["loss/train", "loss/validation"]).map { "'\($0)'" }.joined(separator: ", ") + "]"
        )
        #expect(warnings.withLock { $0 } == [])
    }

    @Test("takes numbers that are none, and more than one batch of them", .timeLimit(.minutes(10)))
    func manyAndOdd() async throws {
        let server = try await MLflowServer()
        let settings = MLflowSettings(endpoint: server.endpoint)
        let warnings = Warnings()
        let feed = TrackerFeed(MLflowTracker(settings, transport: HTTPClient()), clock: SystemClock()) {
            await warnings.add($0)
        }
        let now = SystemClock().now()
        feed.begin(TrackedRun(jobID: "job-odd", attempt: 1, startedAt: now))
        let values: [Double] = [.nan, .infinity, -.infinity, 0.1]
        feed.add(values.enumerated().map { MetricPoint(name: "odd (%)", value: $1, step: $0, time: now) })
        feed.add((0..<2_100).map { MetricPoint(name: "many", value: Double($0), step: $0, time: now) })
        await feed.end(as: .failed)
        let said = try server.ask(
            """
            run = client.search_runs([client.get_experiment_by_name("signalbox").experiment_id])[0]
            print(run.info.status, len(client.get_metric_history(run.info.run_id, "many")))
            print(sorted(m.step for m in client.get_metric_history(run.info.run_id, "odd ___")))
            """
        )
        #expect(said == "FAILED 2100\n[0, 1, 2, 3]\n")
        #expect(await warnings.all == [])
    }

    enum Fault: String, CaseIterable, Sendable { case answers500, hangs, refuses, answersOtherwise, deniesEntry }

    @Test("that fails costs one warning, and the model is the same", arguments: Fault.allCases)
    func faults(fault: Fault) async throws {
        let server = try Self.server(fault)
        defer { server.stop() }
        if fault == .refuses { server.stop() }
        let variables = [
            "MLFLOW_TRACKING_URI": "http://user:secret-1@127.0.0.1:\(server.port)", "MLFLOW_TRACKING_TOKEN": "secret-2",
        ]
        var telemetry = Telemetry()
        telemetry.addTrackers(Environment(variables), transport: HTTPClient())
        let lines = Mutex<[ConsoleLine]>([])
        let world = try await TrainerWorld()
        let ending = try await world.run(telemetry: telemetry, console: { line in lines.withLock { $0.append(line) } })
        let plain = try await TrainerWorld()
        guard case .completed(let result) = ending, case .completed(let expected) = try await plain.run() else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await Self.model(result, in: world) == Self.model(expected, in: plain))
        let warnings = lines.withLock { $0 }.filter { $0.json["severity"] == "WARNING" }.map(\.text)
        #expect(warnings.count == 1, "\(warnings)")
        #expect(warnings[0].contains("MLflow") && warnings[0].contains("tracker_"))
        #expect(!lines.withLock { $0 }.contains { $0.text.contains("secret") })
    }

    private static func server(_ fault: Fault) throws -> RawServer {
        func answer(_ status: String, _ body: String) -> String {
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
        switch fault {
        case .answers500: return try RawServer(answer: answer("500 Internal Server Error", "{}"))
        case .hangs, .refuses: return try RawServer(answer: nil)
        case .answersOtherwise: return try RawServer(answer: answer("200 OK", "<html>a proxy's page</html>"))
        case .deniesEntry: return try RawServer(answer: answer("401 Unauthorized", "no"))
        }
    }

    private static func model(_ result: TrainingResult, in world: TrainerWorld) async throws -> [UInt8] {
        let name = try #require(ObjectName(uri: result.modelURI + "model.safetensors"))
        return try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes
    }

    /// As Python prints a float that was rounded to six decimals.
    private static func python(_ value: Float) -> String {
        let rounded = (Double(value) * 1e6).rounded() / 1e6
        return "\(rounded)"
    }
}
