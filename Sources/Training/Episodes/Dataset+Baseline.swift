import Glibc

/// What can be said of the validation steps without looking at them: what a model has to be better than.
extension Dataset {
    /// The validation loss of the best constant: of actions, the mean of those trained on, which is zero for every
    /// normalised column; of classes, the shares of those trained on.
    public var baselineLoss: Double { label == nil ? actionBaselineLoss : classBaselineLoss }

    /// How good the best constant classes are: the most frequent of those trained on right how often, and their median
    /// off by how much. Nil of a model without classes.
    public var classBaseline: ClassFigures? {
        guard label != nil else { return nil }
        let (trained, validated) = (classCounts(trainingWindows), classCounts(validationWindows))
        let total = Double(validated.reduce(0, +))
        let most = trained.indices.max { trained[$0] < trained[$1] } ?? 0
        let median = Self.median(of: trained)
        let error = validated.indices.reduce(0) { $0 + validated[$1] * abs($1 - median) }
        return ClassFigures(
            accuracy: Double(validated[most]) / max(total, 1),
            meanAbsoluteError: Double(error) / max(total, 1)
        )
    }

    private var actionBaselineLoss: Double {
        var (sum, weight) = (0.0, 0.0)
        for batch in validationBatches() {
            for (step, used) in batch.stepMask.enumerated() where used != 0 {
                let row = step * shape.targetWidth
                sum += batch.targets[row..<row + shape.targetWidth].reduce(0) { $0 + Double($1) * Double($1) }
                weight += Double(actionWidth)
            }
        }
        return sum / max(weight, 1)
    }

    /// Each class counts once more than it was seen (Laplace's rule): the loss stays finite for one that validation
    /// alone holds.
    private var classBaselineLoss: Double {
        let (trained, validated) = (classCounts(trainingWindows), classCounts(validationWindows))
        let seen = Double(trained.reduce(0, +) + trained.count)
        let sum = zip(trained, validated).reduce(0) { $0 - Double($1.1) * log(Double($1.0 + 1) / seen) }
        return sum / Double(max(validated.reduce(0, +), 1))
    }

    /// How many steps of windows have each class.
    private func classCounts(_ windows: WindowList) -> [Int] {
        var counts = Array(repeating: 0, count: label?.classes ?? 0)
        for window in windows {
            let episode = episodes[window.episode]
            for step in window.start..<min(window.start + shape.windowSteps, episode.stepCount)
            where episode.trainable[step] {
                counts[Int(episode.actions[step])] += 1
            }
        }
        return counts
    }

    /// The lowest class that half of all are not above.
    private static func median(of counts: [Int]) -> Int {
        let total = counts.reduce(0, +)
        var below = 0
        for (index, count) in counts.enumerated() {
            below += count
            if 2 * below >= total { return index }
        }
        return 0
    }
}
