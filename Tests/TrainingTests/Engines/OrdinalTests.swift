import Foundation
import Testing

@testable import Training

extension OnTheDevice {
    /// What holds of ordered classes whatever is learned, shown on the exported programs.
    @Suite("Ordered classes") struct OrdinalTests {
        private static let fivefold = [0.119202922, 0.149738499, 0.231058579, 0.231058579, 0.268941421]

        private static func engine() throws -> XLAEngine { try Repository.ordinalEngine().engine }

        /// Makes the score the first number of the observation, and the cutpoints -1.5, -0.5, 0.5 and so on.
        private static func makeLinear(_ engine: XLAEngine) async throws {
            try await engine.initialise(seed: 1)
            let state = try await engine.exportState().map { tensor in
                var numbers = tensor.floats ?? []
                switch tensor.name {
                case "head.kernel": numbers = numbers.map { _ in 0 }
                case "head.skip": numbers = numbers.indices.map { $0 == 0 ? 1 : 0 }
                default: return tensor
                }
                let bytes = numbers.flatMap { number in
                    (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
                }
                return try #require(Tensor(name: tensor.name, shape: tensor.shape, element: .float32, bytes: bytes))
            }
            try await engine.importState(state)
        }

        /// A batch of one score for all rows, labelled with the classes in turn.
        private static func batch(score: Float, classes: Int, shape: ModelShape) -> Batch {
            var batch = Batch(shape: shape)
            batch.observationMask = batch.observationMask.map { _ in 1 }
            for row in 0..<shape.batchSize { batch.observations[row * shape.observationWidth] = score }
            batch.label(of: shape, classes: classes) { $0 % classes }
            return batch
        }

        private static func gaps(_ parameters: [Tensor], classes: Int) throws -> [Double] {
            let cutpoints = try #require(Cutpoints(parameters, classes: classes)).values
            return zip(cutpoints, cutpoints.dropFirst()).map { $1 - $0 }
        }

        @Test("have the probabilities that were worked out by hand")
        func workedValues() async throws {
            let engine = try Self.engine()
            try await Self.makeLinear(engine)
            let cutpoints = try #require(Cutpoints(try await engine.exportParameters(), classes: 5)).values
            #expect(zip(cutpoints, [-1.5, -0.5, 0.5, 1.5]).allSatisfy { abs($0 - $1) < 1e-6 })
            let batch = Self.batch(score: 0.5, classes: 5, shape: engine.shape)
            let found = try await engine.predict(batch).prefix(10)
            for (value, wanted) in zip(found, Self.fivefold) { #expect(abs(Double(value) - wanted) < 1e-7) }
            #expect(found[5...].allSatisfy { $0 == 0 })
            let measured = try await engine.evaluate(batch)
            let rows = (0..<engine.shape.batchSize).map { $0 % 5 }
            let wanted = rows.reduce(0) { $0 - log(Self.fivefold[$1]) }
            #expect(abs(measured.lossSum - wanted) < 1e-5 * wanted)
            // Two cutpoints lie below a half; the third is at it.
            #expect(measured.classSums?.correct == Double(rows.count { $0 == 2 }))
            #expect(measured.classSums?.error == Double(rows.reduce(0) { $0 + abs($1 - 2) }))
        }

        @Test("are two where two are in use")
        func twoClasses() async throws {
            let engine = try Self.engine()
            try await Self.makeLinear(engine)
            let found = try await engine.predict(Self.batch(score: 0.5, classes: 2, shape: engine.shape)).prefix(10)
            let below = 1 / (1 + exp(2.0))
            #expect(abs(Double(found[0]) - below) < 1e-7 && abs(Double(found[1]) - (1 - below)) < 1e-7)
            #expect(found[2...].allSatisfy { $0 == 0 })
            let losses = try await Self.train(engine, steps: 200) { Batch.noise($0, shape: engine.shape, classes: 2) }
            #expect(losses.allSatisfy { $0.isFinite })
        }

        @Test("stay finite far from the cutpoints", arguments: [-1e4, -50, 50, 1e4] as [Float], [2, 5, 10])
        func farScores(score: Float, classes: Int) async throws {
            let engine = try Self.engine()
            try await Self.makeLinear(engine)
            let batch = Self.batch(score: score, classes: classes, shape: engine.shape)
            let predicted = try await engine.predict(batch)
            for row in 0..<engine.shape.batchSize {
                let sum = predicted[row * 10..<(row + 1) * 10].reduce(0, +)
                #expect(abs(sum - 1) < 1e-5)
            }
            if abs(score) == 50, classes == 5 {
                // By hand: -log s(c_k - f) and its kin, to float32's precision, where a difference of s would be 0.
                let measured = try await engine.evaluate(batch)
                let far = (0..<16).map { row in Self.negativeLog(row % 5, score: Double(score)) }.reduce(0, +)
                #expect(abs(measured.lossSum - far) < 1e-5 * far)
            }
            for _ in 0..<5 {
                let loss = try await engine.trainStep([batch], next: [], learningRate: 0.01)
                #expect(loss.isFinite)
            }
            let state = try await engine.exportState()
            #expect(state.allSatisfy { $0.floats?.allSatisfy { $0.isFinite } ?? true })
        }

        /// -log P of a class of five with cutpoints -1.5, -0.5, 0.5, 1.5, in double precision.
        private static func negativeLog(_ index: Int, score: Double) -> Double {
            func log1pexp(_ value: Double) -> Double { max(value, 0) + log1p(exp(-abs(value))) }
            let (upper, lower) = (Double(index) - 1.5 - score, Double(index) - 2.5 - score)
            let above = index < 4 ? log1pexp(-upper) : 0
            let below = index > 0 ? log1pexp(lower) : 0
            return above + below - (index > 0 && index < 4 ? log(-expm1(-1)) : 0)
        }

        private static func train(
            _ engine: XLAEngine,
            steps: Int,
            rate: Float = 0.01,
            batch: (UInt64) -> Batch
        ) async throws -> [Float] {
            var losses: [Float] = []
            for step in 0..<UInt64(steps) {
                losses.append(try await engine.trainStep([batch(step)], next: [], learningRate: rate))
            }
            return losses
        }

        @Test("keep their cutpoints in order over ten thousand random steps")
        func order() async throws {
            let engine = try Self.engine()
            try await engine.initialise(seed: 5)
            let batches = (0..<97).map { Batch.noise($0, shape: engine.shape, classes: 10) }
            var generator = SplitMix64(seed: 11)
            for step in 1...10_000 {
                // Rates from 0.0001 to 1: beyond what anybody trains with.
                let rate = Float(pow(10, Double(generator.next(below: 4000)) / 1000 - 4))
                let batch = batches[generator.next(below: batches.count)]
                let loss = try await engine.trainStep([batch], next: [], learningRate: rate)
                #expect(loss.isFinite)
                let parameters = try await engine.exportParameters()
                let ordered = try Self.gaps(parameters, classes: 10).allSatisfy { $0 > 5e-4 }
                #expect(ordered, "after \(step) steps")
            }
        }

        @Test("stay finite and in order where all labels are one", arguments: [0, 2, 4])
        func identicalLabels(label: Int) async throws {
            let engine = try Self.engine()
            try await engine.initialise(seed: 2)
            let losses = try await Self.train(engine, steps: 1000, rate: 0.05) { seed in
                var batch = Batch.noise(seed, shape: engine.shape)
                batch.label(of: engine.shape, classes: 5) { _ in label }
                return batch
            }
            #expect(losses.allSatisfy { $0.isFinite })
            #expect((losses.last ?? 1) < 0.05)
            #expect(try Self.gaps(try await engine.exportParameters(), classes: 5).allSatisfy { $0 > 5e-4 })
        }

        @Test("stay finite and in order where one is never seen, and learn it when it comes")
        func emptyClass() async throws {
            let engine = try Self.engine()
            try await engine.initialise(seed: 2)
            func batch(_ seed: UInt64, without empty: Int?) -> Batch {
                var generator = SplitMix64(seed: seed)
                var batch = Batch.noise(seed, shape: engine.shape)
                batch.label(of: engine.shape, classes: 5) { _ in
                    let label = generator.next(below: 5)
                    return label == empty ? label + 1 : label
                }
                return batch
            }
            let losses = try await Self.train(engine, steps: 2000, rate: 0.05) { batch($0, without: 2) }
            #expect(losses.allSatisfy { $0.isFinite })
            let narrow = try Self.gaps(try await engine.exportParameters(), classes: 5)
            // Where class 2 lies there is next to nothing left, and still something.
            #expect(narrow.allSatisfy { $0 > 5e-4 } && narrow[1] < 0.01)
            let later = try await Self.train(engine, steps: 500, rate: 0.05) { batch($0, without: nil) }
            #expect(later.allSatisfy { $0.isFinite })
            #expect(try Self.gaps(try await engine.exportParameters(), classes: 5)[1] > 0.2)
        }
    }
}
