public import Wire

/// What was found in a package's episodes: all findings counted, the first of them kept.
public struct EpisodeReport: Sendable, Equatable {
    /// Findings that are kept, errors before warnings; the receipt's envelope has room for them.
    public static let findingsMax = 16

    /// Errors in all.
    public private(set) var errorCount = 0
    /// Warnings in all.
    public private(set) var warningCount = 0
    private var errors: [EpisodeFinding] = []
    private var warnings: [EpisodeFinding] = []

    /// Nothing found.
    public init() {}

    /// The first findings, errors before warnings.
    public var findings: [EpisodeFinding] { Array((errors + warnings).prefix(Self.findingsMax)) }

    /// The error that was found first.
    public var firstError: EpisodeFinding? { errors.first }

    /// Counts a finding, and keeps it while there is room.
    public mutating func add(_ finding: EpisodeFinding) {
        switch finding.severity {
        case .error:
            errorCount += 1
            if errors.count < Self.findingsMax { errors.append(finding) }
        case .warning:
            warningCount += 1
            if warnings.count < Self.findingsMax { warnings.append(finding) }
        }
    }

    /// The refusal that the errors mean; nil where there are none.
    public var refusal: Refusal? {
        guard let first = errors.first else { return nil }
        let others = errorCount > 1 ? " (and \(errorCount - 1) more)" : ""
        return Refusal(.episodeInvalid, "\(first)\(others)")
    }

    /// `{"errors": count, "warnings": count, "findings": […]}`.
    public var json: JSON {
        [
            "errors": .integer(Int64(errorCount)), "warnings": .integer(Int64(warningCount)),
            "findings": .array(findings.map(\.json)),
        ]
    }

    /// Reads what ``json`` wrote; nil of nothing.
    init?(_ reader: JSONReader) throws(JSONTypeError) {
        guard !reader.isNull else { return nil }
        for finding in try reader["findings"].array() {
            let finding = try EpisodeFinding(finding)
            if finding.severity == .error { errors.append(finding) } else { warnings.append(finding) }
        }
        errorCount = try reader["errors"].int(in: errors.count...Int.max)
        warningCount = try reader["warnings"].int(in: warnings.count...Int.max)
    }

    /// Whether both list and count the same; what is not listed is not compared.
    public static func == (left: EpisodeReport, right: EpisodeReport) -> Bool {
        left.errorCount == right.errorCount && left.warningCount == right.warningCount
            && left.findings == right.findings
    }
}
