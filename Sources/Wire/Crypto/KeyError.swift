/// Why a key cannot be used.
public struct KeyError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The text holds no key in PEM, or an encrypted one.
        case malformed = "key_malformed"
        /// A key of another algorithm.
        case wrongAlgorithm = "key_wrong_algorithm"
        /// A key too short to be safe.
        case tooShort = "key_too_short"
    }

    /// The reason.
    public let code: Code
    /// What was wanted, for people.
    public let message: String

    /// An error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// One line for people.
    public var description: String { "\(code.rawValue): \(message)" }
}
