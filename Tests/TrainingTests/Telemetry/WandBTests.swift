import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("W&B run files") struct WandBTests {
    private static let reader = """
        import sys, wandb
        wandb._assert_is_internal_process = True
        from wandb.sdk.internal.datastore import DataStore
        from wandb.proto import wandb_internal_pb2
        def records(path):
            store = DataStore()
            store.open_for_scan(path)
            while (data := store.scan_data()) is not None:
                record = wandb_internal_pb2.Record()
                record.ParseFromString(data)
                yield record

        """

    private func read(_ bytes: [UInt8], _ script: String) throws -> [String] {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/run-job.wandb"
        try Data(bytes).write(to: URL(filePath: path))
        let said = try Repository.run(TrackerPython.path(), ["-c", Self.reader + script, path])
        return said.split(separator: "\n").map(String.init)
    }

    @Test("cut records into pieces as W&B's own reader joins them")
    func pieces() throws {
        // Around what is left of a block: room for a header and no more, for less than one, for exactly nothing.
        var sizes = [0, 1, 32_747, 32_748, 32_749, 32_750, 32_754, 32_755, 32_761, 65_536, 200_000]
        for left in 0...16 { sizes += [32_768 - 7 - 7 - left, 32_768 - 7 - 7 + left] }
        var log = WandBLog()
        var texts: [String] = []
        for (index, size) in sizes.enumerated() {
            let letter = Character(UnicodeScalar(UInt8(97 + index % 26)))
            texts.append("\(size) \(size == 0 ? "" : String(letter))")
            // A record that is empty but for a field of that many letters.
            log.append(Array(repeating: letter.asciiValue ?? 0, count: size))
        }
        let said = try read(
            log.bytes,
            """
            store = DataStore()
            store.open_for_scan(sys.argv[1])
            while (data := store.scan_data()) is not None:
                print(len(data), "".join(sorted(set(data.decode()))))
            """
        )
        #expect(said == texts)
    }

    @Test("tell a run's numbers, its machine and its end to W&B's own reader")
    func records() throws {
        let start = Timestamp(seconds: 1_700_000_000, nanoseconds: 250_000_000)
        let run = TrackedRun(
            jobID: "job-1",
            attempt: 2,
            startedAt: start,
            firstStep: 7,
            host: "robot-1",
            parameters: ["epochs": "3", "model_type": "wave\"core"],
            tags: ["signalbox.attempt": "2"]
        )
        var file = WandBRunFile(run, WandBSettings(project: "arms", entity: "lab"), producer: "signalbox-test")
        func point(_ name: String, _ value: Double, _ step: Int) -> MetricPoint {
            MetricPoint(name: name, value: value, step: step, time: start + .seconds(step))
        }
        file.add([point("loss/train", 0.5, 8)])
        file.add([point("system/cpu_percent", 12.5, 8), point("system/gpu0/utilization_percent", 99, 8)])
        file.add([point("loss/train", .nan, 9)])
        file.add([point("loss/validation", 0.25, 9)])
        file.ending = (.completed, start + .seconds(60))
        #expect(file.name == "offline-run-20231114_221320-job-1/run-job-1.wandb")
        let said = try read(
            file.bytes,
            """
            for r in records(sys.argv[1]):
                kind = r.WhichOneof("record_type")
                m = getattr(r, kind)
                if kind == "header": print(r.num, m.version_info.producer, m.version_info.min_consumer)
                if kind == "run":
                    print(r.num, m.run_id, m.entity, m.project, m.display_name, m.host, m.starting_step, m.resumed)
                    print(m.start_time.ToDatetime().isoformat())
                    print([(c.key, c.value_json) for c in m.config.update])
                if kind == "history":
                    print(r.num, m.step.num, [(list(i.nested_key), i.value_json) for i in m.item])
                if kind == "stats": print(r.num, m.stats_type, [(i.key, i.value_json) for i in m.item])
                if kind == "summary": print(r.num, [(list(i.nested_key), i.value_json) for i in m.update])
                if kind == "exit": print(r.num, m.exit_code, m.runtime)
            """
        )
        #expect(
            said == [
                "1 signalbox-test 0.12.0",
                "2 job-1 lab arms job-1 robot-1 7 True",
                "2023-11-14T22:13:20.250000",
                #"[('epochs', '"3"'), ('model_type', '"wave\\"core"'), ('signalbox.attempt', '"2"')]"#,
                "3 0 [('system/cpu_percent', '12.5'), ('system/gpu0/utilization_percent', '99.0')]",
                "4 8 [(['loss/train'], '0.5'), (['_step'], '8'), (['_timestamp'], '1700000008.25')]",
                #"5 9 [(['loss/train'], '"NaN"'), (['loss/validation'], '0.25'), (['_step'], '9'), "#
                    + "(['_timestamp'], '1700000009.25')]",
                #"6 [(['loss/train'], '"NaN"'), (['loss/validation'], '0.25')]"#,
                "7 0 60",
            ]
        )
    }

    @Test("lie beside the logs of each attempt, all with the job's id")
    func attempts() async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        let engine = CountingEngine(stopping: stop, at: 7)
        let telemetry = Telemetry(wandb: WandBSettings())
        _ = try await world.run(engine: engine, telemetry: telemetry, stop: stop)
        try await world.launch()
        world.clock.advance(by: .seconds(5))
        guard case .completed = try await world.run(telemetry: telemetry) else {
            Issue.record("it did not complete")
            return
        }
        let prefix = TrainerWorld.layout.log(jobID: world.jobID, name: "wandb/offline-run-").name
        let listed = try await world.objects.listAll(bucket: TrainerWorld.layout.trainingBucket, prefix: prefix)
        let names = listed.map(\.name).sorted { $0.name < $1.name }
        #expect(names.count == 2)
        var steps: [[String]] = []
        for name in names {
            #expect(name.name.hasSuffix("-\(world.jobID)/run-\(world.jobID).wandb"))
            let bytes = try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes
            steps.append(
                try read(
                    bytes,
                    """
                    for r in records(sys.argv[1]):
                        if r.WhichOneof("record_type") == "run": print(r.run.run_id, r.run.resumed)
                        if r.WhichOneof("record_type") == "history": print(r.history.step.num)
                        if r.WhichOneof("record_type") == "exit": print("exit", r.exit.exit_code)
                    """
                )
            )
        }
        #expect(steps[0].first == "\(world.jobID) False" && steps[0].last == "exit 1")
        #expect(steps[1].first == "\(world.jobID) True" && steps[1].last == "exit 0")
        let told = steps.flatMap { $0 }.compactMap { Int($0) }
        #expect(Set(told) == Set(1...18), "\(told)")
    }
}
