/// What must hold whatever happens.
public enum Invariant: String, Sendable, CaseIterable {
    /// Every change of a job is a row of the lifecycle's table.
    case legalEdge = "legal_edge"
    /// `created_at`, the config and the dataset never change.
    case identityConstant = "identity_constant"
    /// `updated_at` strictly advances.
    case updatedAtAdvances = "updated_at_advances"
    /// The attempt grows by one with each claim, and never otherwise.
    case attemptGrows = "attempt_grows"
    /// Nothing follows a completed job, and only a retry a failed one.
    case terminalAbsorbs = "terminal_absorbs"
    /// A trainer writes only for the attempt under way, and only while no other process is heard for it.
    case oneWriter = "one_writer"
    /// Of a job's trainers one at most has a lease, and trains; another one stops at its next answered report.
    case oneTrainer = "one_trainer"
    /// Nobody launches an attempt whose run they could have seen.
    case launchedOnce = "launched_once"
    /// One completion and one published version for a package and config, both in one commit.
    case completedOnce = "completed_once"
    /// An accepted package has a job; one that is not what its manifest says is never accepted.
    case packageHasJob = "package_has_job"
    /// Once faults stop, every job ends and the fleet comes to rest.
    case everyJobEnds = "every_job_ends"
    /// A run that is heard is never given up or stopped, unless somebody asked or a limit is reached.
    case healthyRunKept = "healthy_run_kept"
    /// A run that is heard is asked to stop, and has time for a checkpoint, before its cancelled or late job is ended.
    case askedFirst = "asked_first"
    /// A trainer that stopped because its job was cancelled or over its time has kept its last step.
    case lastStepKept = "last_step_kept"
    /// Whoever looks at a job whose time to stop is over ends it; a cancelled job is soon over.
    case stopEnds = "stop_ends"
    /// A place that refused a launch is not asked again while there are others.
    case ladderWalked = "ladder_walked"
    /// The next attempt starts when the last run is over, or its tier was silent for ten minutes.
    case oneMachine = "one_machine"
    /// Nothing that a job holds outlives it by more than ten minutes.
    case nothingOutlives = "nothing_outlives"
    /// A job costs no more than its cap and what it takes to stop.
    case spendCapped = "spend_capped"
    /// Nothing that a model, a live job or a robot still needs is removed.
    case reachableKept = "reachable_kept"
    /// What the platform sends is read by whom it is sent to.
    case eventUnderstood = "event_understood"
    /// Trainers meet only answers that they know.
    case trainerUnderstood = "trainer_understood"
}
