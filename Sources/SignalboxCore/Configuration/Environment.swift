/// Environment variables, read with their types; a value that is missing or malformed fails at once under its name.
public struct Environment: Sendable {
    private let variables: [String: String]

    /// Variables at hand.
    public init(_ variables: [String: String]) { self.variables = variables }

    /// The text, nil where the variable is missing or empty.
    public func text(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The text.
    ///
    /// - Throws: ``ConfigurationError``.
    public func required(_ name: String) throws(ConfigurationError) -> String {
        guard let text = text(name) else { throw ConfigurationError(name, "is not set") }
        return text
    }

    /// A whole number in a range.
    ///
    /// - Throws: ``ConfigurationError``.
    public func int(
        _ name: String,
        in range: ClosedRange<Int>,
        default standard: Int
    ) throws(ConfigurationError) -> Int {
        guard let text = text(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                name,
                "is \"\(text)\", not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}

/// A setting is missing or malformed.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The variable.
    public let name: String
    /// What is wrong with it.
    public let problem: String

    /// An error about a variable.
    public init(_ name: String, _ problem: String) {
        self.name = name
        self.problem = problem
    }

    /// `SIGNALBOX_TRAINING_BUCKET is not set; see docs/configuration.md`.
    public var description: String { "\(name) \(problem); see docs/configuration.md" }
}
