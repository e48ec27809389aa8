import Foundation
import Synchronization
import Testing

@testable import Training

extension OnTheDevice {
    @Suite struct XLAEngineTests {
        @Test func refusesPluginsThatAreNone() throws {
            let bundle = try ProgramBundle(folder: Repository.programs)
            let folder = try TemporaryFolder()
            let text = "\(folder.path)/plugin.so"
            try Data("no library".utf8).write(to: URL(filePath: text))
            let libraries = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"]
            let library = try #require(libraries.first { FileManager.default.fileExists(atPath: $0) })
            let rows: [(String, TrainingError.Code)] = [
                ("\(folder.path)/absent.so", .pluginMissing), (text, .pluginIncompatible),
                (library, .pluginIncompatible),
            ]
            for (path, code) in rows {
                let error = #expect(throws: TrainingError.self) { try XLAEngine(bundle: bundle, plugin: path) }
                #expect(error?.code == code, "\(path): \(error?.message ?? "")")
            }
        }

        /// A library whose one function gives a table of this version, and no other function.
        private func plugin(_ version: (major: Int, minor: Int), in folder: TemporaryFolder) throws -> String {
            let (source, library) = ("\(folder.path)/plugin.c", "\(folder.path)/\(version.major).\(version.minor).so")
            let text = """
                #include "pjrt.h"
                static const PJRT_Api api = {
                    .struct_size = sizeof(PJRT_Api),
                    .version = {sizeof(PJRT_Api_Version), NULL, \(version.major), \(version.minor)},
                };
                const PJRT_Api *GetPjrtApi(void) { return &api; }
                """
            try Data(text.utf8).write(to: URL(filePath: source))
            let header = "\(Repository.root)/Sources/CPJRT"
            let words = ["clang", "-shared", "-fPIC", "-I", header, "-o", library, source]
            _ = try Repository.run("/usr/bin/env", words)
            return library
        }

        /// Why a plugin of that version, which has nothing else, is refused.
        private func refusal(of version: (major: Int, minor: Int)) throws -> TrainingError {
            let folder = try TemporaryFolder()
            let path = try plugin(version, in: folder)
            let bundle = try ProgramBundle(folder: Repository.programs)
            return try #require(throws: TrainingError.self) { try XLAEngine(bundle: bundle, plugin: path) }
        }

        @Test(arguments: [(1, 0), (1, 40), (0, 39), (0, 0)]) func refusesPluginsOfOtherVersions(
            version: (major: Int, minor: Int)
        ) throws {
            let error = try refusal(of: version)
            #expect(error.code == .pluginIncompatible)
            for part in ["speaks PJRT \(version.major).\(version.minor)", "wanted 0.40 or", "fetch-plugin.sh"] {
                #expect(error.message.contains(part), "\(error.message)")
            }
        }

        @Test(arguments: [(0, 40), (0, 1000)]) func takesPluginsOfItsOwnVersionAndNewerOnes(
            version: (major: Int, minor: Int)
        ) throws {
            let error = try refusal(of: version)
            // The version will do, and the table is empty.
            #expect(error.code == .pluginIncompatible && error.message.contains("lacks the function"))
        }

        @Test func refusesWorkWithoutParameters() async throws {
            let engine = try Repository.engine()
            let batch = Batch.noise(0, shape: engine.shape)
            let error = await #expect(throws: TrainingError.self) {
                try await engine.trainStep([batch], next: [], learningRate: 0.1)
            }
            #expect(error?.code == .engineNotInitialised)
            await #expect(throws: TrainingError.self) { try await engine.exportState() }
            await #expect(throws: TrainingError.self) { try await engine.evaluate(batch) }
        }

        @Test func refusesStatesOfAnotherModel() async throws {
            let engine = try Repository.engine()
            try await engine.initialise(seed: 1)
            let state = try await engine.exportState()
            let renamed = state.dropLast() + [state[state.count - 1].renamed("other")]
            for wrong in [Array(state.dropLast()), Array(renamed), Array(repeating: state[0], count: state.count)] {
                let error = await #expect(throws: TrainingError.self) { try await engine.importState(wrong) }
                #expect(error?.code == .signatureMismatch)
            }
            #expect(try await engine.exportState() == state)
        }

        @Test func parametersFollowTheSeed() async throws {
            let engine = try Repository.engine()
            try await engine.initialise(seed: 1)
            let first = try await engine.exportParameters()
            try await engine.initialise(seed: 1 << 40)
            let second = try await engine.exportParameters()
            try await engine.initialise(seed: 1)
            #expect(try await engine.exportParameters() == first)
            #expect(first != second)
            #expect(
                first.reduce(0) { $0 + $1.bytes.count / 4 }
                    == (try ProgramBundle(folder: Repository.programs)).parameterCount
            )
        }

        @Test func lossIsTheMeanOfWhatTheMasksLeave() async throws {
            let engine = try Repository.engine()
            try await engine.initialise(seed: 3)
            let whole = Batch.noise(5, shape: engine.shape)
            var masked = whole
            for index in masked.stepMask.indices where index % 3 == 0 { masked.stepMask[index] = 0 }
            for index in masked.targetMask.indices where index % 2 == 0 { masked.targetMask[index] = 0 }
            let predicted = try await engine.predict(masked)
            var (sum, weight) = (0.0, 0.0)
            for index in masked.targets.indices {
                let (step, column) = index.quotientAndRemainder(dividingBy: engine.shape.targetWidth)
                let row = step / engine.shape.windowSteps
                let used = masked.stepMask[step] * masked.targetMask[row * engine.shape.targetWidth + column]
                sum += Double(used) * pow(Double(predicted[index] - masked.targets[index]), 2)
                weight += Double(used)
            }
            let measured = try await engine.evaluate(masked)
            #expect(measured.weight == weight)
            #expect(abs(measured.lossSum - sum) < 1e-4 * sum)
            #expect(
                abs(Double(try await engine.trainStep([masked], next: [], learningRate: 0)) - sum / weight)
                    < 1e-4 * sum / weight
            )
        }

        @Test func predictionsSeeNeitherTheFutureNorTheTarget() async throws {
            let engine = try Repository.engine()
            try await engine.initialise(seed: 3)
            let cut = 20
            let first = Batch.noise(5, shape: engine.shape)
            for step in 0..<5 {
                let batch = Batch.noise(UInt64(step), shape: engine.shape)
                _ = try await engine.trainStep([batch], next: [], learningRate: 0.01)
            }
            var second = first
            let shape = engine.shape
            for row in 0..<shape.batchSize {
                for step in cut..<shape.windowSteps {
                    let start = (row * shape.windowSteps + step) * shape.observationWidth
                    for column in 0..<shape.observationWidth { second.observations[start + column] += 3 }
                }
            }
            second.targets = second.targets.map { $0 + 1 }
            let (before, after) = (try await engine.predict(first), try await engine.predict(second))
            var (past, future) = (Float(0), Float(0))
            for index in before.indices {
                let step = index / shape.targetWidth % shape.windowSteps
                let difference = abs(before[index] - after[index])
                if step < cut { past = max(past, difference) } else { future = max(future, difference) }
            }
            #expect(past < 1e-4)
            #expect(future > 0.1)
        }

        @Test func aCacheGivesTheSameNumbersAndSurvivesDamage() async throws {
            let folder = try TemporaryFolder()
            let cache = "\(folder.path)/cache"
            func losses() async throws -> [Float] {
                let engine = try Repository.engine(cache: cache)
                try await engine.initialise(seed: 9)
                var losses: [Float] = []
                for step in 0..<3 {
                    let batch = Batch.noise(UInt64(step), shape: engine.shape)
                    losses.append(try await engine.trainStep([batch], next: [], learningRate: 0.01))
                }
                return losses
            }
            /// The entries by name, with the number of the file that each one is.
            func entries() throws -> [String: UInt64] {
                let names = try FileManager.default.contentsOfDirectory(atPath: cache)
                return try Dictionary(
                    uniqueKeysWithValues: names.map { name in
                        let attributes = try FileManager.default.attributesOfItem(atPath: "\(cache)/\(name)")
                        return (name, try #require(attributes[.systemFileNumber] as? UInt64))
                    }
                )
            }
            let compiled = try await losses()
            let first = try entries()
            #expect(first.count == 2)
            #expect(try await losses() == compiled)
            #expect(try entries() == first, "programs were compiled again")
            for entry in first.keys {
                let url = URL(filePath: "\(cache)/\(entry)")
                var bytes = try Data(contentsOf: url)
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: url)
            }
            #expect(try await losses() == compiled)
            let second = try entries()
            #expect(second.keys == first.keys && second != first, "damaged entries stayed")
        }

        /// Of each part in turn: a program of another machine is never loaded.
        @Test func aCacheTellsMachinesApart() throws {
            let folder = try TemporaryFolder()
            let bundle = try ProgramBundle(folder: Repository.programs)
            let client = try PJRTClient(plugin: Repository.plugin())
            #expect(client.deviceKind == "cpu")
            #expect(try Repository.engine().deviceKind == client.deviceKind)
            let own = CompileCache.Machine(plugin: try Repository.plugin(), client: client)
            let parts: [WritableKeyPath<CompileCache.Machine, String>] = [
                \.platform, \.platformVersion, \.deviceKind, \.plugin, \.processor,
            ]
            let others = parts.map { part in
                var other = own
                other[keyPath: part] += " other"
                return other
            }
            let code = try #require(bundle.code[.initialise])
            let digest = try #require(bundle.codeDigests[.initialise])
            func entries() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: folder.path).count }
            for _ in 0..<2 {
                for (index, machine) in ([own] + others).enumerated() {
                    let before = try entries()
                    let cache = CompileCache(folder: folder.path, machine: machine)
                    _ = try cache.executable(code, digest: digest, name: "initialise", on: client)
                    #expect(try entries() == max(before, index + 1))
                }
            }
            #expect(try entries() == parts.count + 1)
        }

        @Test(arguments: [0, 1, 9, 19]) func aStepThatIsGivenUpLeavesNoTrace(parts done: Int) async throws {
            let engine = try Repository.engine()
            let batches = (0..<3).map { step in
                (0..<20).map { Batch.noise(UInt64(step * 100 + $0), shape: engine.shape) }
            }
            func step(_ index: Int) async throws -> Float {
                let next = index + 1 < batches.count ? batches[index + 1] : []
                return try await engine.trainStep(batches[index], next: next, learningRate: 0.01)
            }
            try await engine.initialise(seed: 3)
            let expected = [try await step(0), try await step(1), try await step(2)]
            let end = try await engine.exportState()
            try await engine.initialise(seed: 3)
            var losses = [try await step(0)]
            let before = try await engine.exportState()
            let asked = Mutex(0)
            let loss = try await engine.trainStep(batches[1], next: batches[2], learningRate: 0.01) {
                asked.withLock { count in
                    count += 1
                    return count > done
                }
            }
            #expect(loss == nil && asked.withLock { $0 } == done + 1)
            #expect(try await engine.exportState() == before)
            losses += [try await step(1), try await step(2)]
            #expect(losses == expected)
            #expect(try await engine.exportState() == end)
        }

        @Test func measuresItsOwnSteps() async throws {
            let times = try await StepBenchmark.run(Repository.engine(), steps: 5)
            #expect(times.medianSeconds > 0 && times.medianSeconds <= times.ninetiethPercentileSeconds)
        }
    }
}
