public import SignalboxCore

/// One recorded episode as arrays: T observations of O numbers, T actions of A numbers.
public struct Episode: Sendable, Equatable {
    /// The id in its metadata, unique in a dataset.
    public let identifier: String
    /// Where an observation's numbers come from.
    public var observationSource = ObservationSource.jointPositions
    /// Numbers in an observation.
    public let observationWidth: Int
    /// Numbers in an action; 0 where no step has one.
    public let actionWidth: Int
    /// The observations, row-major [T, O].
    public let observations: StepNumbers
    /// The actions, row-major [T, A]; zero where a step has none.
    public let actions: StepNumbers
    /// Whether a step has an action to learn from.
    public let trainable: [Bool]

    /// How many steps there are.
    public var stepCount: Int { trainable.count }
}

extension Episode {
    /// An episode in memory.
    init(
        identifier: String,
        observationSource: ObservationSource = .jointPositions,
        observationWidth: Int,
        actionWidth: Int,
        observations: [Float],
        actions: [Float],
        trainable: [Bool]
    ) {
        self.init(
            identifier: identifier,
            observationSource: observationSource,
            observationWidth: observationWidth,
            actionWidth: actionWidth,
            observations: StepNumbers(observations),
            actions: StepNumbers(actions),
            trainable: trainable
        )
    }
}
