import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("Calibration samples") struct CalibrationTests {
    /// Windows of four steps, three columns of which the robot has two.
    private static let shape = CountingEngine().shape

    /// Episodes whose observations are what a closure says of episode and step; every seventh step has no action.
    private func episodes(
        _ count: Int,
        steps: Int,
        observation: (Int, Int) -> [Float] = { [Float($0), Float($1)] }
    ) -> [Episode] {
        (0..<count).map { index in
            Episode(
                identifier: "ep_\(index)",
                observationWidth: 2,
                actionWidth: 1,
                observations: (0..<steps).flatMap { observation(index, $0) },
                actions: (0..<steps).map { Float($0) },
                trainable: (0..<steps).map { $0 % 7 != 3 }
            )
        }
    }

    private func calibrate(_ episodes: [Episode], seed: UInt64 = 0) throws -> (Dataset, [ModelPublisher.File]) {
        let dataset = try Dataset(episodes: episodes, shape: Self.shape, seed: seed)
        return (dataset, try Calibration(of: dataset, episodes, .sample).files)
    }

    private func place(_ identifier: String, _ start: Int, _ dataset: Dataset) -> Dataset.Window {
        let episode = dataset.episodes.firstIndex { $0.identifier == identifier }
        return Dataset.Window(episode: episode ?? 0, start: start)
    }

    private func description(_ files: [ModelPublisher.File]) throws -> JSONReader {
        JSONReader(try JSON(parsing: try #require(files.first { $0.name == "calibration.json" }).bytes))
    }

    @Test("are distinct windows of training episodes alone, as the programs see them")
    func samples() throws {
        let (dataset, files) = try calibrate(episodes(10, steps: 200))
        let json = try description(files)
        #expect(try json["status"].string() == "written" && json["samples"].int() == Calibration.samplesMax)
        let file = try #require(files.first { $0.name == "calibration.safetensors" })
        let tensors = try Safetensors(decoding: file.bytes)
        let observations = try #require(tensors["observations"])
        #expect(observations.shape == [500, 4, 3] && tensors["observation_mask"]?.shape == [500, 3])
        #expect(try #require(tensors["observation_mask"]?.floats).prefix(3) == [1, 1, 0])
        let values = try #require(observations.floats)
        let records = try json["records"].array()
        #expect(records.count == 500)
        for (index, record) in records.enumerated() {
            let identifier = try record["episode"].string()
            #expect(dataset.trainingEpisodes.contains(identifier))
            let start = try record["start_step"].int()
            #expect(try record["steps"].int() == 4 && start <= 196)
            let row = Array(values[index * 12..<(index + 1) * 12])
            // Normalised: the same from step to step, the episode's number still; the third column is not the robot's.
            let columns: [Float] = (0..<4).map { row[$0 * 3 + 1] }
            let gaps: [Float] = (0..<3).map { columns[$0 + 1] - columns[$0] }
            #expect(columns.allSatisfy { abs($0) < 3 })
            #expect(gaps.allSatisfy { abs($0 - gaps[0]) < 1e-5 && $0 > 0 })
            for step in 0..<4 { #expect(row[step * 3] == row[0] && row[step * 3 + 2] == 0) }
            #expect(CalibrationSample.samples([place(identifier, start, dataset)], in: dataset)[0].observations == row)
        }
        #expect(Set(try records.map { try $0["sha256"].string() }).count == 500)
    }

    @Test("follow from data and seed alone, and each step commits to the one before")
    func reproducible() throws {
        let (dataset, files) = try calibrate(episodes(10, steps: 60))
        let (_, again) = try calibrate(episodes(10, steps: 60).reversed())
        #expect(files.map(\.bytes) == again.map(\.bytes))
        let (_, other) = try calibrate(episodes(10, steps: 60), seed: 1)
        #expect(files.map(\.bytes) != other.map(\.bytes))
        let steps = try description(files)["steps"].array()
        #expect(try steps.map { try $0["name"].string() } == ["raw", "processed", "calibration"])
        let inputs = try steps.map { try $0["input_sha256"].string() }
        let outputs = try steps.map { try $0["output_sha256"].string() }
        #expect(inputs[0] == SHA256.digest(of: "archive").hex)
        #expect(outputs[0] == dataset.digest.hex && inputs[1] == outputs[0] && inputs[2] == outputs[1])
        let file = try #require(files.first { $0.name == "calibration.safetensors" })
        #expect(outputs[2] == SHA256.digest(of: file.bytes).hex)
        #expect(try Safetensors(decoding: file.bytes).metadata["processed_sha256"] == outputs[1])
    }

    @Test(
        "are left out, with the reason, where fewer than a hundred are distinct",
        arguments: [(12, 99, false), (13, 110, true)]
    )
    func tooFew(steps: Int, windows: Int, isWritten: Bool) throws {
        let (dataset, files) = try calibrate(episodes(14, steps: steps))
        #expect(dataset.trainingEpisodes.count == 11)
        let json = try description(files)
        #expect(try json["steps"].array()[1]["windows"].int() == windows)
        #expect(try json["status"].string() == (isWritten ? "written" : "absent"))
        #expect(files.contains { $0.name == "calibration.safetensors" } == isWritten)
        #expect(try json["reason"].isNull || json["reason"].string().hasPrefix("\(windows) distinct samples"))
    }

    @Test("of a dataset that repeats itself are counted once, and the repetitions listed")
    func repetitions() throws {
        let (_, files) = try calibrate(episodes(10, steps: 400) { _, step in [Float(step % 150), 1] })
        let json = try description(files)
        #expect(try json["status"].string() == "written" && json["samples"].int() == 150)
        let rejected = json["rejected"]
        #expect(try rejected["by_reason"]["duplicate_sample"].int() > 1000)
        #expect(try rejected["records"].array().count == RejectedRecords.listedMax)
        let counts = try ["no_action", "episode_without_actions", "duplicate_sample"].map {
            try rejected["by_reason"][$0].int()
        }
        #expect(try rejected["count"].int() == counts.reduce(0, +))
    }

    @Test("are given up where their task is cancelled")
    func cancelled() async throws {
        let episodes = episodes(10, steps: 60)
        let dataset = try Dataset(episodes: episodes, shape: Self.shape, seed: 0)
        func cancelled(_ body: @escaping @Sendable () throws -> Void) async throws {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try body()
            }
            try await task.value
        }
        await #expect(throws: CancellationError.self) {
            try await cancelled { _ = try CalibrationDraw(dataset, countMax: 9) }
        }
        await #expect(throws: CancellationError.self) {
            try await cancelled { _ = try Calibration.processedDigest(dataset) }
        }
        await #expect(throws: CancellationError.self) {
            try await cancelled { _ = try Calibration(of: dataset, episodes, .sample) }
        }
    }

    @Test("come with the records that are not used, and why")
    func rejected() throws {
        var all = episodes(3, steps: 8)
        all.append(
            Episode(
                identifier: "idle",
                observationWidth: 2,
                actionWidth: 1,
                observations: [1, 2],
                actions: [0],
                trainable: [false]
            )
        )
        let rejected = try description(calibrate(all).1)["rejected"]
        #expect(try rejected["by_reason"]["no_action"].int() == 3)
        #expect(try rejected["by_reason"]["episode_without_actions"].int() == 1)
        let records = try rejected["records"].array()
        let steps = try records.map { "\(try $0["episode"].string()) \($0["step"].value.integerValue ?? -1)" }
        #expect(steps == ["ep_0 3", "ep_1 3", "ep_2 3", "idle -1"])
    }

    @Test("are read by the safetensors library of others, and lie beside the model")
    func interoperable() async throws {
        let (_, files) = try calibrate(episodes(10, steps: 60))
        let file = try #require(files.first { $0.name == "calibration.safetensors" })
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/calibration.safetensors"
        try Data(file.bytes).write(to: URL(filePath: path))
        let script = """
            import sys
            from safetensors.numpy import load_file
            tensors = load_file(sys.argv[1])
            print({k: (v.dtype.name, v.shape[1:]) for k, v in sorted(tensors.items())})
            print(len(tensors["observations"]) >= 100)
            """
        let said = try Repository.run(Repository.python(), ["-c", script, path])
        #expect(said == "{'observation_mask': ('float32', (3,)), 'observations': ('float32', (4, 3))}\nTrue\n")
        let world = try await TrainerWorld()
        guard case .completed(let result) = try await world.run() else {
            Issue.record("it did not complete")
            return
        }
        let name = try #require(ObjectName(uri: result.modelURI + "calibration.json"))
        let json = JSONReader(try JSON(parsing: await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes))
        // Five episodes of eight steps are too few.
        #expect(try json["status"].string() == "absent")
    }
}
