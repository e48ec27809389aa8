import Wire

/// The causes in words.
extension JobExamination {
    func sentence(for cause: JobCause) -> String {
        switch cause {
        case .standing(let standing): sentence(for: standing)
        case .givenUp(let cause): "\(sentence(for: cause)); attempt \(job.attempt + 1) is about to begin"
        case .problem(let code): "\(hindered): \(sentence(for: code))"
        case .failure(let code): sentence(for: code)
        }
    }

    private func sentence(for standing: JobCause.Standing) -> String {
        switch standing {
        case .eventAwaited: "opened \(span(job.createdAt)) ago; the event that starts it is on its way"
        case .eventLost: "nothing stands in its way, but nobody came for \(span(dueSince)): the event was lost"
        case .capacityAwaited: "no place had capacity; the next is asked in \(span(job.notBefore ?? now))"
        case .runReleasing: "the run of attempt \(job.attempt) is being given back before the next is launched"
        case .leaseAwaited:
            "the trainer of attempt \(job.attempt) may write for another \(span(job.heldUntil ?? now)); the next "
                + "attempt waits for that"
        case .launchUnderWay: "attempt \(job.attempt) is being launched at \(place)"
        case .launcherDied:
            "whoever launched attempt \(job.attempt) went silent \(span(dueSince)) ago, its launch unfinished"
        case .queued: "attempt \(job.attempt) waits at \(place) for a machine, or for its start"
        case .startAwaited: "the machine at \(place) is there; its trainer has not reported yet"
        case .startOverdue: "the trainer at \(place) should have reported \(span(dueSince)) ago"
        case .running: "attempt \(job.attempt) runs well at \(place); last word \(span(job.updatedAt)) ago"
        case .stopping: "the trainer is asked to checkpoint and stop: \(stopSentence)"
        case .trainerSilent: "the trainer at \(place) went silent: its lease ran out \(span(dueSince)) ago"
        case .tierSilent:
            "trainer and tier are both silent, the tier since \(job.lease?.tierSilentSince ?? now): no evidence yet "
                + "that the run is lost"
        case .runOverdue:
            "attempt \(job.attempt) should have stopped \(span(overdueSince ?? now)) ago: it took all its time"
        case .deadlinePassed: "open for \(span(job.openedAt)), longer than any job may be: it ends at the next look"
        case .cancelRequested: "somebody asked to stop it; the next look does so"
        case .completed: completedSentence
        case .failureUnexplained: "it failed, and no reason stands in the document"
        case .problemUnknown: "\(hindered): \(job.problem?.message ?? "no message")"
        }
    }

    private var stopSentence: String {
        switch job.stopReason {
        case .spendCap: "\(USD.text(job.spentUSD(by: now))) of \(USD.text(job.spendMaxUSD ?? 0)) are spent"
        case .deadline: "open for \(span(job.openedAt)), longer than any job may be\(stopLimit)"
        case .cancelled: "somebody asked for it\(stopLimit)"
        case nil: "no reason stands in the document"
        }
    }

    private var stopLimit: String { job.stopBy.map { "; in \(span($0)) its run is ended" } ?? "" }

    private var completedSentence: String {
        guard let result = job.result else { return "done" }
        return "done: \(result.modelName) v\(result.modelVersion) lies at \(result.modelURI)"
    }

    /// What the problem hinders.
    private var hindered: String {
        switch job.phase {
        case .pending: "the run of attempt \(job.attempt) cannot be given back at \(place)"
        case .launching: "attempt \(job.attempt) cannot be launched at \(place)"
        case .launched, .running: "nobody can tell how the run at \(place) is"
        case .completed, .failed: "the job is over"
        }
    }

    private func sentence(for code: TierError.Code) -> String {
        switch code {
        case .unreachable: "the tier cannot be reached"
        case .capacity: "the tier has no capacity"
        case .quota: "a quota of the tier is used up"
        case .permissionDenied: "the credentials may not do that"
        case .invalidOrder: "the tier does not understand what it is asked"
        case .unknownTier: "the tier is not configured any more"
        }
    }

    private func sentence(for cause: RecoveryCause) -> String {
        switch cause {
        case .runGone: "the tier does not know the run of attempt \(job.attempt) any more"
        case .machineLost: "the machine of attempt \(job.attempt) was lost"
        case .silent: "neither the trainer of attempt \(job.attempt) nor its tier could be heard"
        case .preempted: "the machine of attempt \(job.attempt) was taken back"
        case .sessionEnded: "the time of attempt \(job.attempt) was over"
        case .trainerFailed: "the trainer of attempt \(job.attempt) gave up over what another one may not meet"
        case .runEnded: "the trainer of attempt \(job.attempt) ended without a result"
        case .overdue: "attempt \(job.attempt) took longer than it may"
        case .canaryFailed: "a checkpoint of attempt \(job.attempt) did not restore"
        case .launchRefused: "\(place) had no room for attempt \(job.attempt)"
        case .specTaken: "another spec stood in the place of attempt \(job.attempt)'s"
        case .retried: "the failed job was opened anew"
        }
    }

    private func sentence(for code: JobFailureCode) -> String {
        switch code {
        case .cancelled: "stopped because somebody asked for it"
        case .attemptsExhausted: "too many attempts were lost; attempt \(job.attempt) was the last"
        case .capacityExhausted: "no place took the run, however often they were asked"
        case .noPlace: "no place may be used"
        case .launchFailed: "\(place) refuses the run for good"
        case .spendCapReached: "it has cost what it may; its newest checkpoint is kept"
        case .deadlineExceeded: "it took longer than any job may"
        case .noTrainableSteps: "the episodes hold nothing to train on"
        case .datasetInvalid: "the dataset is not what was verified, or holds no episodes that can be read"
        case .configInvalid: "the config does not fit the model"
        case .engineFailed: "the engine could not be started, or a step of it failed"
        case .diverged: "the loss is no finite number any more"
        case .registrationFailed: "the model could not be registered"
        }
    }
}
