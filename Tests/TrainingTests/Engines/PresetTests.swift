import Foundation
import Testing
import Wire

@testable import Training

extension OnTheDevice {
    /// Every preset's programs, against JAX's losses of the same steps (`Tests/Reference/preset_steps.py`).
    @Suite("The presets of the models") struct PresetTests {
        private static let folder = "\(Repository.root)/Sources/Training/Programs"
        private static let tolerance = 1e-4

        private static func reference(_ list: String) throws -> [JSONReader] {
            let path = "\(Repository.root)/Tests/Reference/preset_steps.json"
            let bytes = try FileIO.read(path, bytesMax: 1 << 20)
            return try JSONReader(try JSON(parsing: bytes))[list].array()
        }

        private static func engine(_ run: JSONReader) throws -> XLAEngine {
            let bundle = try ProgramBundle(model: run["model"].string(), preset: run["preset"].string(), in: folder)
            for (name, digest) in try run["programs"].members() {
                let program = try #require(ProgramBundle.Program(rawValue: name))
                #expect(try digest.string() == bundle.codeDigests[program]?.hex, "run preset_steps.py again")
            }
            let cache = "\(Repository.root)/.tools/compile-cache"
            return try XLAEngine(bundle: bundle, plugin: Repository.plugin(), cache: cache)
        }

        private static func check(_ losses: [Float], _ run: JSONReader) throws {
            let expected = try run["losses"].array().map { try $0.double() }
            #expect(losses.count == expected.count)
            for (step, (found, wanted)) in zip(losses, expected).enumerated() {
                #expect(abs(Double(found) - wanted) <= tolerance * wanted, "step \(step): \(found), JAX has \(wanted)")
            }
        }

        @Test(
            "learn as in JAX",
            arguments: [
                "wavecore/development", "wavecore/pi5", "wavecore/cloud", "ordinal/development", "ordinal/dense",
                "ordinal/text", "ordinal/image",
            ]
        )
        func losses(name: String) async throws {
            let run = try #require(
                try Self.reference("training").first { try "\($0["model"].string())/\($0["preset"].string())" == name }
            )
            let engine = try Self.engine(run)
            let rate = Float(try run["learning_rate"].double())
            let seeds = try run["batch_seeds"].array().map { UInt64(try $0.int()) }
            try await engine.initialise(seed: UInt64(try run["seed"].int()))
            var losses: [Float] = []
            for (step, seed) in seeds.enumerated() {
                // The next batch is announced as in a run: it is uploaded while the step is computed.
                let next = step + 1 < seeds.count ? [Batch.noise(seeds[step + 1], shape: engine.shape)] : []
                let batch = [Batch.noise(seed, shape: engine.shape)]
                losses.append(try await engine.trainStep(batch, next: next, learningRate: rate))
            }
            try Self.check(losses, run)
        }

        @Test("add up gradients as in JAX, of parts that weigh the same and of some that do not", arguments: [0, 1, 2])
        func accumulation(index: Int) async throws {
            let runs = try Self.reference("accumulation")
            let run = try #require(runs.indices.contains(index) ? runs[index] : nil)
            let engine = try Self.engine(run)
            let used = try run["steps_in_use"].array().map { try $0.int() }
            try await engine.initialise(seed: UInt64(try run["seed"].int()))
            var losses: [Float] = []
            for step in try run["batch_seeds"].array() {
                let parts = try zip(step.array(), used).map { seed, used in
                    Batch.noise(UInt64(try seed.int()), shape: engine.shape, stepsInUse: used)
                }
                let rate = Float(try run["learning_rate"].double())
                losses.append(try await engine.trainStep(parts, next: [], learningRate: rate))
            }
            try Self.check(losses, run)
        }

        @Test("a batch that was announced and is not the next is not taken for it")
        func announced() async throws {
            let run = try Self.reference("training")[0]
            let engine = try Self.engine(run)
            let batches = (0..<3).map { [Batch.noise(UInt64($0), shape: engine.shape)] }
            var losses: [[Float]] = []
            for announced in [[batches[1], batches[2]], [batches[2], batches[0]], [[], []]] {
                try await engine.initialise(seed: 1)
                losses.append([
                    try await engine.trainStep(batches[0], next: announced[0], learningRate: 0.01),
                    try await engine.trainStep(batches[1], next: announced[1], learningRate: 0.01),
                    try await engine.trainStep(batches[2], next: [], learningRate: 0.01),
                ])
            }
            #expect(losses[0] == losses[1] && losses[1] == losses[2])
        }
    }
}

@Suite("Committed programs") struct CommittedProgramsTests {
    @Test("are what their source exports, byte for byte")
    func exported() throws {
        let folder = try TemporaryFolder()
        let programs = "\(Repository.root)/Sources/Training/Programs"
        _ = try Repository.run("/bin/sh", ["\(programs)/export.sh", "--output", folder.path])
        let presets = try ["ordinal", "wavecore"].flatMap { model in
            try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/\(model)").sorted().map {
                "\(model)/\($0)"
            }
        }
        let ordinal = ["dense", "development", "image", "text"].map { "ordinal/\($0)" }
        #expect(presets == ordinal + ["cloud", "development", "pi5"].map { "wavecore/\($0)" })
        for preset in presets {
            let exported = "\(folder.path)/\(preset)"
            let committed = "\(programs)/\(preset)"
            let names = try FileManager.default.contentsOfDirectory(atPath: exported).sorted()
            #expect(names == (try FileManager.default.contentsOfDirectory(atPath: committed).sorted()))
            for name in names {
                let found = try FileIO.read("\(exported)/\(name)", bytesMax: 64 << 20)
                let wanted = try FileIO.read("\(committed)/\(name)", bytesMax: 64 << 20)
                #expect(found == wanted, "\(preset)/\(name): run make programs")
            }
        }
    }
}
