import SignalboxCore

/// What the words of the lifecycle mean, for people.
extension LifecycleDocument {
    static func meaning(of phase: Job.Phase) -> String {
        switch phase {
        case .pending: "Waits to be claimed; with a `handle`, the last attempt's run is still to be given back."
        case .launching: "An attempt is claimed: its launch is under way, or was cut short."
        case .launched: "The tier has taken the run; the trainer has not reported yet."
        case .running: "The trainer reports."
        case .completed: "The model is registered."
        case .failed: "Over without a model; `error` says why."
        }
    }

    static func meaning(of cause: RecoveryCause) -> String {
        switch cause {
        case .runGone: "the tier knows no such run any more"
        case .machineLost: "the machine was lost under the trainer"
        case .silent: "neither the trainer nor the tier was heard for a whole lease"
        case .preempted: "the machine was taken back, or the trainer was asked to stop"
        case .sessionEnded: "the run's or the session's time was over, and the trainer stopped in order"
        case .runEnded: "the trainer ended without a result"
        case .trainerFailed: "the trainer gave up over `engine_failed` or `registration_failed`, which may pass"
        case .overdue: "the run took longer than it may"
        case .canaryFailed: "the checkpoint did not restore to the state it was made of"
        case .launchRefused: "no capacity or no quota, at the launch or after it, or too long in a queue"
        case .specTaken: "another document's objects stand where the attempt's spec is to be written"
        case .retried: "somebody opened the failed job anew; no attempt was lost by it"
        }
    }

    static func meaning(of decision: JobDecision) -> String {
        switch decision {
        case .attemptClaimed: "an attempt was claimed; it is launched next"
        case .runReleasing: "the run of the attempt before must be given back first"
        case .runReleased: "it holds nothing any more"
        case .capacityAwaited: "no place had capacity: nothing is launched before `not_before`"
        case .launcherBusy: "another launcher is at work and its lease is fresh"
        case .launchTakenOver: "its lease ran out: the tier is asked for the run before anything is launched"
        case .runAdopted: "there is such a run: it is the attempt's"
        case .runMissing: "there is none: it is launched"
        case .runLaunched: "the tier took the run"
        case .startAwaited: "the trainer has not reported yet: the tier is asked how the run is"
        case .leaseFresh: "the run is heard of, or may still take its time"
        case .logAwaited: "the last attempt took longer than it may: its trainer's log is read, then the job fails"
        case .leaseExpired: "it is not: the tier is asked how it is"
        case .leaseExtended: "the tier says that the run lives"
        case .tierUnreachable: "the tier does not answer: no evidence of anything"
        case .problemNoted: "the tier cannot do what is needed: see `problem`"
        case .heartbeat: "the trainer lives"
        case .stopRequested: "the trainer is to checkpoint and stop: cancelled, past the deadline or at the spend cap"
        case .canaryPassed: "the trainer's checkpoint restores"
        case .attemptGivenUp: "the attempt is given up, and another will be made"
        case .completed: "the job is completed"
        case .failed: "the job failed"
        case .reopened: "the failed job is open again"
        case .recoveriesFull: "the failed job has too many recoveries behind it to be opened again"
        case .staleAttempt: "the input is about another attempt: whoever sent it stops"
        case .attemptTaken: "another process trains this attempt: whoever reported stops"
        case .terminal: "the job is over and stays so"
        case .ignored: "the input changes nothing in this phase"
        }
    }
}
