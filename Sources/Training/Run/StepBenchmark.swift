import Glibc

/// Measures an engine's own speed, on batches of noise.
public enum StepBenchmark {
    /// Seconds of a training step.
    public struct Times: Sendable {
        /// When the first step's loss was there, by CLOCK_MONOTONIC.
        public let firstLossAtSeconds: Double
        /// Half of the steps took less.
        public let medianSeconds: Double
        /// Nine of ten steps took less.
        public let ninetiethPercentileSeconds: Double
    }

    private static let warmUpSteps = 20

    /// Runs steps from a fresh state and times each one, the way of the batch to the device and of the loss back
    /// included.
    ///
    /// - Parameters:
    ///   - steps: How many are measured, at least one, after a few that are not.
    ///   - seconds: A clock that only goes forward.
    public static func run(
        _ engine: any TrainingEngine,
        steps: Int,
        seconds: @Sendable () -> Double = StepBenchmark.monotonicSeconds
    ) async throws(TrainingError) -> Times {
        let batch = noise(engine.shape)
        try await engine.initialise(seed: 0)
        var times: [Double] = []
        var firstLossAt = 0.0
        for step in 0..<warmUpSteps + max(steps, 1) {
            let start = seconds()
            _ = try await engine.trainStep([batch], next: [batch], learningRate: 0.001)
            if step == 0 { firstLossAt = seconds() }
            if step >= warmUpSteps { times.append(seconds() - start) }
        }
        times.sort()
        return Times(
            firstLossAtSeconds: firstLossAt,
            medianSeconds: times[times.count / 2],
            ninetiethPercentileSeconds: times[times.count * 9 / 10]
        )
    }

    /// CLOCK_MONOTONIC.
    public static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A full batch of what the model takes and learns: numbers from -1 to 1, texts that fill half of their room,
    /// images of any brightness; all classes alike.
    static func noise(_ shape: ModelShape) -> Batch {
        var generator = SplitMix64(seed: 0)
        func number() -> Float { Float(generator.next(below: 2001)) / 1000 - 1 }
        func text() -> Float { Float(1 + generator.next(below: 256)) }
        var batch = Batch(shape: shape)
        for index in batch.observations.indices {
            batch.observations[index] =
                switch shape.input {
                case .numbers: number()
                case .text: index % shape.observationWidth < shape.observationWidth / 2 ? text() : 0
                case .image: Float(generator.next(below: 256))
                }
        }
        switch shape.target {
        case .actions: for index in batch.targets.indices { batch.targets[index] = number() }
        case .classes:
            for step in batch.stepMask.indices {
                batch.targets[step * shape.targetWidth + generator.next(below: shape.targetWidth)] = 1
            }
        }
        batch.observationMask = batch.observationMask.map { _ in 1 }
        batch.targetMask = batch.targetMask.map { _ in 1 }
        batch.stepMask = batch.stepMask.map { _ in 1 }
        return batch
    }
}
