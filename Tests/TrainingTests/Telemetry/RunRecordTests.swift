import Glibc
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("The record of a run") struct RunRecordTests {
    private static let telemetry = Telemetry(
        provenance: Provenance(
            gitSHA: String(repeating: "b", count: 40),
            sourceDigest: SHA256.digest(of: "truth"),
            plugin: "cpu.so"
        )
    )

    private func record(_ world: TrainerWorld) async throws -> JSONReader {
        let name = TrainerWorld.layout.log(jobID: world.jobID, name: "run.json")
        let bytes = try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes
        let json = try JSON(parsing: bytes)
        // The same text for the same run.
        #expect(bytes == Array((json.serialized(pretty: true) + "\n").utf8))
        return JSONReader(json)
    }

    @Test("says what a run was made of, by whom, and what came of it")
    func completed() async throws {
        let world = try await TrainerWorld()
        guard case .completed(let result) = try await world.run(telemetry: Self.telemetry) else {
            Issue.record("it did not complete")
            return
        }
        let record = try await record(world)
        let spec = JobSpec(job: try await world.job())
        #expect(try record["status"].string() == "completed")
        #expect(try record["job_id"].string() == world.jobID)
        #expect(try record["git_sha"].string() == String(repeating: "b", count: 40))
        #expect(try record["source_digest"].string() == SHA256.digest(of: "truth").hex)
        #expect(try record["dataset"]["manifest_sha256"].string() == spec.dataset.manifestDigest.hex)
        #expect(try record["dataset"]["archive_sha256"].string().utf8.count == 64)
        #expect(try record["program"]["sha256"].string() == "counting")
        #expect(try record["device"]["platform"].string() == "cpu")
        #expect(try record["device"]["plugin"].string() == "cpu.so")
        #expect(try record["device"]["kind"].string() == "abacus")
        #expect(record["hyperparameters"].value == spec.config.json)
        #expect(try record["metrics"]["steps"].int() == 18)
        #expect(try record["metrics"]["best_validation_loss"].double() == result.bestValidationLoss)
        #expect(try record["host"]["name"].string() == "test")
        #expect(try record["attempts"].array().map { try $0["status"].string() } == ["completed"])
        #expect(try record["attempts"].array()[0]["last_step"].int() == 18)
        #expect(try record["ended_at"].string() >= record["started_at"].string())
        let model = try #require(ObjectName(uri: result.modelURI + "model.json"))
        let described = JSONReader(try JSON(parsing: await world.objects.bytes(of: model, bytesMax: 1 << 20).bytes))
        #expect(try described["provenance"]["git_sha"].string() == String(repeating: "b", count: 40))
        #expect(described["provenance"]["device"].value == record["device"].value)
        #expect(try described["provenance"]["manifest_sha256"].string() == spec.dataset.manifestDigest.hex)
    }

    @Test("has the digest of a command's script, or of the program where it runs none", arguments: [true, false])
    func command(hasScript: Bool) async throws {
        let world = try await TrainerWorld(JobConfig(modelType: JobConfig.commandType, arguments: ["/etc/hosts"]))
        let work = try TemporaryFolder()
        let text = "echo weights >\"$SIGNALBOX_OUTPUT/model.bin\""
        let script = "\(work.path)/train.sh"
        try FileIO.write(Array(text.utf8), to: script)
        let command = CommandSettings(
            command: hasScript ? ["/bin/sh", "-e", script, "/etc/passwd"] : ["/bin/sh", "-c", text],
            graceSeconds: 30,
            workFolder: work.path,
            inherited: ["PATH": "/usr/bin:/bin"]
        )
        guard case .completed = try await world.run(command: command) else {
            Issue.record("it did not complete")
            return
        }
        let program = try await record(world)["program"]
        let shell = SHA256.digest(of: try FileIO.read("/bin/sh", bytesMax: 1 << 30)).hex
        let expected = [("/bin/sh", shell)] + (hasScript ? [(script, SHA256.digest(of: text).hex)] : [])
        #expect(try program["sha256"].string() == expected.last?.1)
        let files = try program["files"].array().map { (try $0["path"].string(), try $0["sha256"].string()) }
        #expect(files.map(\.0) == expected.map(\.0) && files.map(\.1) == expected.map(\.1))
    }

    @Test("says of a program that cannot be read that it is there")
    func unreadable() throws {
        let work = try TemporaryFolder()
        let words = ["\(work.path)/absent", work.path, "\(work.path)/absent too"]
        #expect(CommandProgram(words).files == [CommandProgram.File(path: words[0], digest: nil)])
        #expect(CommandProgram(words).digest == nil)
    }

    @Test("goes on over the attempts of a job")
    func attempts() async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        let engine = CountingEngine(stopping: stop, at: 7)
        _ = try await world.run(engine: engine, stop: stop)
        #expect(try await record(world)["status"].string() == "preempted")
        try await world.launch()
        // This one cannot say a word after its first checkpoint.
        let isKept = Mutex(false)
        let silenced = CountingEngine(trainingLoss: { step in
            if step == 17 {
                // The record is stored after the first checkpoint.
                for _ in 0..<6_000 where !isKept.withLock({ $0 }) { usleep(10_000) }
                world.failWrites(with: StoreError(.unavailable, "the bucket is away"))
            }
            return 1 / Float(step)
        })
        let ending = try await world.run(
            engine: silenced,
            runner: "runner-2",
            objects: ObservedObjectStore(
                world.objects,
                didWrite: { name in
                    if name.hasSuffix("/run.json") { isKept.withLock { $0 = true } }
                }
            )
        )
        guard case .unavailable = ending else {
            Issue.record("it told how it ended")
            return
        }
        #expect(try await record(world)["status"].string() == "running")
        world.failWrites(with: nil)
        try await world.giveUp()
        try await world.launch()
        guard case .completed = try await world.run(runner: "runner-3") else {
            Issue.record("it did not complete")
            return
        }
        let record = try await record(world)
        let attempts = try record["attempts"].array()
        #expect(try attempts.map { try $0["status"].string() } == ["preempted", "lost", "completed"])
        #expect(try attempts.map { try $0["attempt"].int() } == [1, 2, 3])
        #expect(try attempts.map { try $0["runner"].string() } == ["runner-1", "runner-2", "runner-3"])
        #expect(try attempts[1]["first_step"].int() == 7)
        #expect(record["started_at"].value == attempts[0]["started_at"].value)
    }

    @Test("and the curve of earlier attempts stay where an attempt fails before it begins")
    func curve() async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        let engine = CountingEngine(stopping: stop, at: 7)
        _ = try await world.run(engine: engine, stop: stop)
        let name = TrainerWorld.layout.log(jobID: world.jobID, name: "metrics.jsonl")
        let before = try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes
        #expect(before.split(separator: UInt8(ascii: "\n")).count >= 7)
        try await world.launch()
        var telemetry = Self.telemetry
        telemetry.monitor = SystemMonitor(everySeconds: 1, host: HostReader(read: { _ in "MemTotal: 1 kB\n" }))
        let failing: JobRun.EngineMaker = { _ in
            usleep(50_000)
            throw TrainingError(.pluginMissing, "no such file")
        }
        _ = try await world.run(runner: "runner-2", makeEngine: failing, telemetry: telemetry)
        #expect(try await record(world)["attempts"].array().count == 2)
        #expect(try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes == before)
    }

    @Test("is there for a run that failed before it read its data")
    func failed() async throws {
        let world = try await TrainerWorld()
        let ending = try await world.run(makeEngine: { _ in throw TrainingError(.pluginMissing, "no such file") })
        guard case .failed = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let record = try await record(world)
        #expect(try record["status"].string() == "failed")
        #expect(record["metrics"].isNull && record["program"]["sha256"].isNull)
    }

    @Test("is begun anew where the one that lies there is damaged")
    func damaged() async throws {
        let world = try await TrainerWorld()
        let name = TrainerWorld.layout.log(jobID: world.jobID, name: "run.json")
        _ = try await world.objects.create(name, Array("{\"attempts\": [1, {".utf8), contentType: "application/json")
        _ = try await world.run()
        #expect(try await record(world)["attempts"].array().count == 1)
    }

    @Test("tells people and machines how far a run is")
    func progress() async throws {
        let lines = Mutex<[ConsoleLine]>([])
        let world = try await TrainerWorld()
        _ = try await world.run(console: { line in lines.withLock { $0.append(line) } })
        let all = lines.withLock { $0 }
        let reports = all.filter { $0.json["progress"] != nil }
        let first = try #require(reports.first)
        #expect(JSONReader(first.json)["progress"]["step"].value == 1)
        #expect(first.text.hasSuffix(" step 1 of 18, loss 1.0, attempt 1"), "\(first.text)")
        let last = JSONReader(try #require(reports.last).json)
        #expect(try last["progress"]["step"].int() == 18 && last["progress"]["total_steps"].int() == 18)
        #expect(try last["labels"]["job_id"].string() == world.jobID)
        #expect(all.contains { $0.text.hasSuffix(" checkpoint at step 5") })
        // The job's own log has what happens, not how far it is.
        #expect(try await !world.log(attempt: 1).contains { $0.hasPrefix("step ") })
    }
}
