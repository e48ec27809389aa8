import Wire

/// Notices an accelerator that does nothing: it is paid for, and the training waits for something else.
struct IdleWatch {
    /// Below this an accelerator idles, percent.
    static let utilizationPercentMin = 5.0
    /// For so long before people are told.
    static let secondsMax: Int64 = 300

    private var idleSince: Timestamp?
    private var hasWarned = false

    /// Takes the newest usage; of several accelerators the busiest counts.
    ///
    /// - Returns: what is to be told, once in a run.
    mutating func warning(_ usages: [AcceleratorUsage], at now: Timestamp) -> String? {
        guard !hasWarned, let utilization = usages.compactMap(\.utilizationPercent).max(),
            utilization < Self.utilizationPercentMin
        else {
            idleSince = nil
            return nil
        }
        guard let since = idleSince else {
            idleSince = now
            return nil
        }
        guard now - since >= .seconds(Self.secondsMax) else { return nil }
        hasWarned = true
        let share = "under \(Int(Self.utilizationPercentMin)) % for \(Self.secondsMax) s"
        return "the accelerator idles, \(share): is the plugin the accelerator's, do the data come fast enough?"
    }
}
