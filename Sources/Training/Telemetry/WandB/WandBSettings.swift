public import SignalboxCore

/// What the trainer's W&B runs are called, by W&B's own variables.
public struct WandBSettings: Sendable, Equatable {
    /// The project where none is named.
    public static let projectStandard = "signalbox"

    /// The project.
    public let project: String
    /// The user or team; nil: whoever syncs the run.
    public let entity: String?

    /// A project of whoever syncs.
    public init(project: String = projectStandard, entity: String? = nil) {
        self.project = project
        self.entity = entity
    }

    /// `WANDB_MODE`, `WANDB_PROJECT` and `WANDB_ENTITY`; nil unless the mode is `offline`.
    ///
    /// - Throws: ``TrackerError`` for a mode in which a run is sent while it trains: the trainer writes run files.
    public init?(_ environment: Environment) throws(TrackerError) {
        switch environment.text("WANDB_MODE") {
        case nil, "disabled": return nil
        case "offline", "dryrun": break
        case let mode?:
            let message = "WANDB_MODE is \(mode); the trainer writes offline run files: set it to offline, or disabled"
            throw TrackerError(.unsupported, message)
        }
        project = environment.text("WANDB_PROJECT") ?? Self.projectStandard
        entity = environment.text("WANDB_ENTITY")
    }
}
