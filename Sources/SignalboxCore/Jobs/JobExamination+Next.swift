import Wire

/// What to do about each cause.
extension JobExamination {
    func next(for cause: JobCause) -> JobDiagnosis.Next {
        switch cause {
        case .standing(let standing): next(for: standing)
        case .givenUp(let cause): next(for: cause)
        case .problem(let code): next(for: code)
        case .failure(let code): (code.asksForAnotherPackage ? nil : anew) ?? next(for: code)
        }
    }

    private func next(for standing: JobCause.Standing) -> JobDiagnosis.Next {
        switch standing {
        case .eventAwaited, .runReleasing, .leaseAwaited, .launchUnderWay, .queued, .startAwaited, .running, .stopping:
            following
        case .eventLost, .launcherDied, .startOverdue, .trainerSilent, .runOverdue, .deadlinePassed, .cancelRequested:
            swept
        case .capacityAwaited:
            .init("wait, or name more places in SIGNALBOX_LADDER; the plan shows those there are", plan)
        case .tierSilent: .init("see that the tier can be reached; \(tierHint)", watch)
        case .completed:
            job.result.map { result in
                let name = "\(result.modelName)@v\(result.modelVersion)"
                return .init("fetch the model", "signalbox download \(name) --out \(result.modelName)")
            } ?? .init("see the document", show)
        case .failureUnexplained: anew ?? .init("look at its logs, then try again", retry)
        case .problemUnknown: .init("see the document; a newer `signalbox` may know the code", show)
        }
    }

    private func next(for cause: RecoveryCause) -> JobDiagnosis.Next {
        switch cause {
        case .runGone, .machineLost, .silent, .preempted, .sessionEnded, .launchRefused, .specTaken, .retried: following
        case .runEnded, .trainerFailed, .overdue:
            .init("nothing yet; should it happen again, its logs tell more", "signalbox logs \(job.id) --list")
        case .canaryFailed:
            .init("nothing yet: only machines that stay are used now; the plan shows them", plan)
        }
    }

    private func next(for code: TierError.Code) -> JobDiagnosis.Next {
        switch code {
        case .unreachable: .init("it may pass by itself; if it does not: \(tierHint)", watch)
        case .capacity: .init("it passes by itself, or name more places in SIGNALBOX_LADDER", plan)
        case .quota: .init("ask the provider for a higher quota, or name more places in SIGNALBOX_LADDER", plan)
        case .permissionDenied:
            .init("give the account of firestore-job and scheduled-prune \(Self.rights(on: tier)); then it goes on")
        case .invalidOrder:
            .init("correct the place in SIGNALBOX_LADDER or the tier's settings (docs/configuration.md)", plan)
        case .unknownTier:
            .init("configure the tier \(tier) again until its runs are over (docs/configuration.md)", plan)
        }
    }

    private func next(for code: JobFailureCode) -> JobDiagnosis.Next {
        switch code {
        case .cancelled: .init("nothing; or go on from the newest checkpoint", retry)
        case .attemptsExhausted:
            .init("see how the attempts ended and the logs (`signalbox logs \(job.id) --list`), then try again", retry)
        case .capacityExhausted: .init("try again on another tier, or name more places in SIGNALBOX_LADDER", plan)
        case .noPlace:
            .init("change SIGNALBOX_LADDER, the ceilings or the spend cap as the plan shows, then retry", plan)
        case .launchFailed: afterRefusal
        case .spendCapReached:
            .init("go on from the newest checkpoint under a higher cap", "\(retry) --spend-max-usd \(higherCap)")
        case .deadlineExceeded:
            .init("see why it took so long (`signalbox logs \(job.id) --list`), then try again", retry)
        case .noTrainableSteps: .init("check what the robot records, and upload another package")
        case .datasetInvalid: .init("see the message for the file and the line, and upload a corrected package")
        case .configInvalid: .init("package the episodes again with a config that fits: that is another job")
        case .engineFailed where job.config.modelType == JobConfig.commandType:
            .init("see what the command wrote (`signalbox logs \(job.id) --list`), then try again", retry)
        case .engineFailed:
            .init("check SIGNALBOX_PJRT_PLUGIN and SIGNALBOX_PROGRAMS of the trainer, then try again", retry)
        case .diverged: .init("package the episodes again with a lower --learning-rate: that is another job")
        case .registrationFailed:
            .init("check the trainer's rights, and that the name is not another environment's; then try again", retry)
        }
    }

    // MARK: - What recurs

    private var show: String { "signalbox jobs show \(job.id)" }
    private var watch: String { "signalbox status \(job.id) --watch" }
    private var plan: String { "signalbox jobs plan \(job.id)" }
    private var retry: String { "signalbox jobs retry \(job.id)" }

    private var tier: String { job.placement?.place.tier ?? "local" }

    /// In place of a retry that would be refused.
    private var anew: JobDiagnosis.Next? { job.retryObstacle.map { .init($0) } }

    private var following: JobDiagnosis.Next { .init("nothing to do; follow it", watch) }

    /// The sweep goes on with it, where there is one.
    private var swept: JobDiagnosis.Next {
        guard now - dueSince >= .seconds(Self.sweepSecondsMax) else {
            return .init("nothing to do: the next sweep goes on with it, within minutes", watch)
        }
        return .init(
            "no sweep came for \(span(dueSince)): see that scheduled-prune is called with {\"task\":\"sweep\"} every "
                + "few minutes, and look at its log (a local cloud's: `signalbox local status`)"
        )
    }

    private var tierHint: String {
        "a run whose trainer reports goes on all the same; see the tier's status, and its settings "
            + "(docs/configuration.md)"
    }

    /// The tier's own code stands at the beginning of the message.
    private var afterRefusal: JobDiagnosis.Next {
        let word = job.failure?.message.prefix { $0 != ":" }
        guard word.flatMap({ TierError.Code(rawValue: String($0)) }) == .permissionDenied else {
            return .init(
                "correct the place in SIGNALBOX_LADDER or the tier's settings as the message says, then retry",
                retry
            )
        }
        return .init("give the account of firestore-job \(Self.rights(on: tier)); then retry", retry)
    }

    /// Twice what is spent, in whole dollars.
    private var higherCap: Int {
        let spent = max(job.spentUSD(by: now), job.spendMaxUSD ?? 0)
        return spent < 1e9 ? max(1, Int((spent * 2).rounded(.up))) : Int(1e9)
    }

    /// What an account needs on a tier: Google Cloud's predefined roles, or the like.
    static func rights(on tier: String) -> String {
        let actingAs = "and roles/iam.serviceAccountUser on the trainer's account"
        switch tier {
        case "compute-engine": return "roles/compute.instanceAdmin.v1 \(actingAs)"
        case "tpu": return "roles/tpu.admin \(actingAs)"
        case "vertex": return "roles/aiplatform.user \(actingAs)"
        case "cloud-run-job": return "roles/run.developer \(actingAs)"
        case "slurm": return "a token of a user whom the cluster's account and partition admit"
        case "local": return "the right to write the folder of runs and to execute the trainer"
        default: return "the rights that \(tier) asks for: see the message"
        }
    }
}

extension JobFailureCode {
    /// Whether no other try can help, however many there may be.
    fileprivate var asksForAnotherPackage: Bool {
        switch self {
        case .noTrainableSteps, .datasetInvalid, .configInvalid, .diverged: true
        case .cancelled, .attemptsExhausted, .capacityExhausted, .noPlace, .launchFailed, .spendCapReached,
            .deadlineExceeded, .engineFailed, .registrationFailed:
            false
        }
    }
}
