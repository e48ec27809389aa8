import SignalboxCore
import Wire

/// How long a run may take, and how much of that is left for its last checkpoint.
extension JobRun {
    /// How much of a run's time is left for its last checkpoint.
    private static let lastCheckpointSecondsMax = 60
    private static let lastCheckpointShare = 10
    /// How long a command's last checkpoint may take to be packed and uploaded, once the command has ended.
    static let commandUploadSeconds = 30

    /// The shorter one of the run's time and the session's.
    var secondsMax: Int { min(spec.runSecondsMax, surroundings.sessionSecondsMax ?? Int.max) }

    /// How long before its time is over a run is asked to stop: a command gets its grace before anything of it is
    /// uploaded.
    var marginSeconds: Int {
        let margin = min(Self.lastCheckpointSecondsMax, secondsMax / Self.lastCheckpointShare)
        guard commandGraceSeconds > 0 else { return margin }
        return max(margin, commandGraceSeconds + Self.commandUploadSeconds)
    }

    /// What a command may take to stop; 0 of an engine.
    var commandGraceSeconds: Int {
        spec.config.modelType == JobConfig.commandType ? surroundings.command?.graceSeconds ?? 0 : 0
    }

    /// Whether a command has time for anything but its end.
    ///
    /// - Throws: `limit_too_short` where it has none.
    func checkTimeForCommand() throws(TrainingError) {
        guard marginSeconds >= secondsMax else { return }
        let grace = "SIGNALBOX_COMMAND_GRACE_SECONDS is \(commandGraceSeconds)"
        let need =
            "\(marginSeconds) s are kept for the end: \(grace), and \(Self.commandUploadSeconds) s go to the upload"
        let advice = "lower the grace, or raise SIGNALBOX_SESSION_LIMIT, SIGNALBOX_RUN_SECONDS_MAX or the spend cap"
        throw TrainingError(.limitTooShort, "the run may take \(secondsMax) s, of which \(need); \(advice)")
    }
}
