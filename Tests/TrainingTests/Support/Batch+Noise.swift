@testable import Training

extension Batch {
    /// A full batch of noise: all observations, then all targets, as `preset_steps.py` draws them.
    ///
    /// - Parameters:
    ///   - stepsInUse: from that step of each window on there is nothing to learn.
    ///   - classes: how many are in use, of a model of classes.
    static func noise(_ seed: UInt64, shape: ModelShape, stepsInUse: Int = .max, classes: Int = 5) -> Batch {
        var generator = SplitMix64(seed: seed)
        func fill(_ values: inout [Float], _ draw: (inout SplitMix64) -> Float) {
            for index in values.indices { values[index] = draw(&generator) }
        }
        func number(_ generator: inout SplitMix64) -> Float { Float(generator.next(below: 2000)) / 1000 - 1 }
        var batch = Batch(shape: shape)
        switch shape.input {
        case .numbers: fill(&batch.observations, number)
        case .text: fill(&batch.observations) { Float($0.next(below: 257)) }
        case .image: fill(&batch.observations) { Float($0.next(below: 256)) }
        }
        batch.observationMask = batch.observationMask.map { _ in 1 }
        switch shape.target {
        case .actions:
            fill(&batch.targets, number)
            batch.targetMask = batch.targetMask.map { _ in 1 }
        case .classes: batch.label(of: shape, classes: classes) { _ in generator.next(below: classes) }
        }
        for index in batch.stepMask.indices { batch.stepMask[index] = index % shape.windowSteps < stepsInUse ? 1 : 0 }
        return batch
    }

    /// Gives every step a class.
    mutating func label(of shape: ModelShape, classes: Int, _ choose: (_ step: Int) -> Int) {
        targets = targets.map { _ in 0 }
        for step in stepMask.indices { targets[step * shape.targetWidth + choose(step)] = 1 }
        for index in targetMask.indices { targetMask[index] = index % shape.targetWidth < classes ? 1 : 0 }
        stepMask = stepMask.map { _ in 1 }
    }
}
