/// What a model takes of a step, as the numbers of an observation.
public enum ModelInput: Sendable, Equatable {
    /// A vector of numbers, normalised; a narrower one leaves columns unused.
    case numbers
    /// The UTF-8 bytes of a text, each plus one, and zeros behind its end.
    case text
    /// The bytes of an RGB image of this size in pixels: rows from the top, pixels from the left.
    case image(height: Int, width: Int)

    /// Numbers of a pixel: red, green, blue.
    static let channels = 3
}

/// What a model learns to say of a step.
public enum ModelTarget: Sendable, Equatable {
    /// The action's numbers, normalised; the loss is their mean squared error.
    case actions
    /// One of several classes with an order, as a vector with a one at its place; the loss is its negative
    /// log-likelihood.
    case classes
}
