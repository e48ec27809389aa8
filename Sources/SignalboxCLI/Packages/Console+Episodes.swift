import SignalboxCore

extension Console {
    /// Tells what was found in episodes: a line for each finding, and how many more there are.
    static func note(_ episodes: EpisodeReport) {
        for finding in episodes.findings { note("\(finding.severity.rawValue): \(finding)") }
        let others = episodes.errorCount + episodes.warningCount - episodes.findings.count
        if others > 0 { note("… and \(others) more") }
    }
}
