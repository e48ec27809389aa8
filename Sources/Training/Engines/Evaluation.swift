/// What was measured on a batch, or on several.
public struct Evaluation: Sendable, Equatable {
    /// The sum of losses over the entries in use.
    public var lossSum: Double
    /// How many entries are in use.
    public var weight: Double
    /// Of a model of classes: how many were predicted right, and by how many classes the predictions are off in sum.
    var classSums: ClassSums?

    /// Sums over steps with a label.
    struct ClassSums: Sendable, Equatable {
        var correct: Double
        var error: Double
    }

    /// Sums as an engine gives them.
    init(lossSum: Double, weight: Double, classSums: ClassSums? = nil) {
        self.lossSum = lossSum
        self.weight = weight
        self.classSums = classSums
    }

    /// The mean loss.
    public var loss: Double { lossSum / max(weight, 1) }

    /// How good the predicted classes are; nil of a model without classes.
    public var classFigures: ClassFigures? {
        classSums.map {
            ClassFigures(accuracy: $0.correct / max(weight, 1), meanAbsoluteError: $0.error / max(weight, 1))
        }
    }

    /// Both together.
    static func + (first: Evaluation, second: Evaluation) -> Evaluation {
        var sum = Evaluation(lossSum: first.lossSum + second.lossSum, weight: first.weight + second.weight)
        if first.classSums != nil || second.classSums != nil {
            sum.classSums = ClassSums(
                correct: (first.classSums?.correct ?? 0) + (second.classSums?.correct ?? 0),
                error: (first.classSums?.error ?? 0) + (second.classSums?.error ?? 0)
            )
        }
        return sum
    }
}

/// How good predicted classes are, over steps with a label.
public struct ClassFigures: Sendable, Equatable {
    /// The share that is right, from 0 to 1.
    public let accuracy: Double
    /// By how many classes a prediction is off, in the mean.
    public let meanAbsoluteError: Double
}
