public import Wire

/// Where a step says its class: the names of members from the step inwards, written with dots, `step_metadata.label`.
public struct LabelPath: Sendable, Equatable, CustomStringConvertible {
    /// Members from the step inwards.
    public static let namesMax = 8
    /// Bytes as it is written.
    public static let bytesMax = 256

    /// `step_metadata.label`.
    public static let standard = LabelPath(names: ["step_metadata", "label"])

    /// The members' names, the outermost first.
    public let names: [String]

    private init(names: [String]) { self.names = names }

    /// Reads it as it is written; nil for an empty name and beyond the limits.
    public init?(_ text: String) {
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.bytesMax, names.count <= Self.namesMax, !names.contains("") else { return nil }
        self.names = names
    }

    /// What a step has there; null where a member is missing.
    public func value(in step: JSONReader) -> JSONReader { names.reduce(step) { $0[$1] } }

    /// As it is written.
    public var description: String { names.joined(separator: ".") }
}
