@testable import Training

extension Batch {
    /// A full batch of numbers from -1 to 1: all observations, then all actions, as `wavecore_steps.py` draws them.
    ///
    /// - Parameter stepsInUse: from that step of each window on there is nothing to learn.
    static func noise(_ seed: UInt64, shape: ModelShape, stepsInUse: Int = .max) -> Batch {
        var generator = SplitMix64(seed: seed)
        func fill(_ values: inout [Float]) {
            for index in values.indices { values[index] = Float(generator.next(below: 2000)) / 1000 - 1 }
        }
        var batch = Batch(shape: shape)
        fill(&batch.observations)
        fill(&batch.actions)
        batch.observationMask = batch.observationMask.map { _ in 1 }
        batch.actionMask = batch.actionMask.map { _ in 1 }
        for index in batch.stepMask.indices { batch.stepMask[index] = index % shape.windowSteps < stepsInUse ? 1 : 0 }
        return batch
    }
}
