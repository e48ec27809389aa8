import SignalboxCore
import Wire

/// A job for each cause.
enum JobDiagnosisCases {
    /// A document, the time of the look, and what is to be said of it.
    struct Example: Sendable, CustomStringConvertible {
        let cause: JobCause
        let job: Job
        /// After ``Sample/now``, when the document was written last.
        let seconds: Int
        /// In the sentence.
        let says: String
        /// In the advice or the command.
        let next: String

        init(_ cause: JobCause, _ job: Job, after seconds: Int = 1, says: String, next: String) {
            self.cause = cause
            self.job = job
            self.seconds = seconds
            self.says = says
            self.next = next
        }

        var description: String { cause.code }
    }

    static let spot = Place(
        tier: "compute-engine",
        location: "us-central1-a",
        machine: "g2-standard-8",
        provisioning: .spot
    )

    static let all = waiting + starting + training + over + recoveries + problems + failures + [commandFailed]

    static let failed = all.filter { $0.job.phase == .failed }

    // MARK: - Jobs

    static func job(_ phase: Job.Phase, leaseSeconds: Int? = nil, _ change: (inout Job) -> Void = { _ in }) -> Job {
        var job = Sample.job(phase, attempt: 1)
        job.placement = Job.Placement(
            place: spot,
            usdPerHour: 0.5,
            claimedAt: Sample.now,
            billedSince: Sample.now,
            heardSince: phase == .running ? Sample.now : nil,
            runSecondsMax: 3600,
            choices: 2
        )
        job.lease = leaseSeconds.map { Job.Lease(holder: "holder", expiresAt: Sample.now + .seconds($0)) }
        change(&job)
        return job
    }

    static let running = job(.running, leaseSeconds: 60)

    static let refused = job(.pending) { job in
        job.refusals = 3
        job.notBefore = Sample.now + .seconds(120)
    }

    /// Taken from a trainer whose lease is over 120 s later.
    static let held = job(.pending) { $0.heldUntil = Sample.now + .seconds(120) }

    // MARK: - Examples

    private static let waiting: [Example] = [
        Example(
            .standing(.eventAwaited),
            Sample.job(),
            says: "the event that starts it is on its way",
            next: "--watch"
        ),
        Example(.standing(.eventLost), Sample.job(), after: 45, says: "nobody came for 45 s", next: "the next sweep"),
        Example(
            .standing(.capacityAwaited),
            refused,
            says: "the next is asked in 1 min 59 s",
            next: "signalbox jobs plan"
        ),
        Example(
            .standing(.runReleasing),
            job(.pending) { job in
                job.handle = "handle-1"
                job.isReleasing = true
            },
            after: 90,
            says: "attempt 1 is being given back",
            next: "nothing to do"
        ),
        Example(.standing(.leaseAwaited), held, after: 90, says: "for another 30 s", next: "nothing to do"),
        Example(.standing(.eventLost), held, after: 165, says: "nobody came for 45 s", next: "the next sweep"),
        Example(
            .standing(.cancelRequested),
            job(.running, leaseSeconds: 60) { $0.cancelRequested = true },
            says: "asked to stop",
            next: "signalbox status"
        ),
        Example(
            .standing(.cancelRequested),
            job(.running, leaseSeconds: 7000) { job in
                job.cancelRequested = true
                job.stopReason = .cancelled
                job.stopBy = Sample.now
            },
            after: 601,
            says: "the next look does so",
            next: "no sweep came for 10 min 1 s"
        ),
        Example(
            .standing(.deadlinePassed),
            running,
            after: 31 * 86_400,
            says: "open for 31 d 0 h",
            next: "no sweep came"
        ),
    ]

    private static let starting: [Example] = [
        Example(
            .standing(.launchUnderWay),
            job(.launching, leaseSeconds: 60),
            says: "attempt 1 is being launched at \(spot)",
            next: "--watch"
        ),
        Example(
            .standing(.launcherDied),
            job(.launching, leaseSeconds: 60),
            after: 100,
            says: "went silent 40 s ago",
            next: "the next sweep"
        ),
        Example(
            .standing(.queued),
            job(.launched, leaseSeconds: 300) { $0.placement?.billedSince = nil },
            says: "waits at \(spot)",
            next: "nothing to do"
        ),
        Example(
            .standing(.startAwaited),
            job(.launched, leaseSeconds: 300),
            says: "its trainer has not reported yet",
            next: "nothing to do"
        ),
        Example(
            .standing(.startOverdue),
            job(.launched, leaseSeconds: 300),
            after: 305,
            says: "should have reported 5 s ago",
            next: "the next sweep"
        ),
    ]

    private static let training: [Example] = [
        Example(.standing(.running), running, after: 7, says: "last word 7 s ago", next: "nothing to do"),
        Example(
            .standing(.stopping),
            job(.running, leaseSeconds: 60) { job in
                job.stopReason = .spendCap
                job.spentUSD = 2
                job.placement?.billedSince = nil
                job.config.spendMaxUSD = 2
            },
            says: "2.0000 USD of 2.0000 USD are spent",
            next: "nothing to do"
        ),
        Example(
            .standing(.stopping),
            job(.running, leaseSeconds: 60) { job in
                job.cancelRequested = true
                job.stopReason = .cancelled
                job.stopBy = Sample.now + .seconds(150)
            },
            says: "somebody asked for it; in 2 min 29 s its run is ended",
            next: "nothing to do"
        ),
        Example(
            .standing(.stopping),
            job(.running, leaseSeconds: 32 * 86_400) { job in
                job.stopReason = .deadline
                job.stopBy = Sample.now + .seconds(31 * 86_400 + 60)
            },
            after: 31 * 86_400,
            says: "open for 31 d 0 h, longer than any job may be; in 1 min 0 s its run is ended",
            next: "nothing to do"
        ),
        Example(.standing(.trainerSilent), running, after: 75, says: "ran out 15 s ago", next: "the next sweep"),
        Example(
            .standing(.tierSilent),
            job(.running, leaseSeconds: 60) { $0.lease?.tierSilentSince = Sample.now + .seconds(61) },
            after: 70,
            says: "the tier since 2026-06-02T00:01:01Z",
            next: "see that the tier can be reached"
        ),
        Example(
            .standing(.runOverdue),
            job(.running, leaseSeconds: 7200),
            after: 3730,
            says: "should have stopped 10 s ago",
            next: "the next sweep"
        ),
    ]

    private static let over: [Example] = [
        Example(
            .standing(.completed),
            job(.completed) { $0.result = Sample.result },
            says: "reach v1 lies at gs://training/models/reach/v1/",
            next: "signalbox download reach@v1 --out reach"
        ),
        Example(.standing(.failureUnexplained), job(.failed), says: "no reason stands", next: "signalbox jobs retry"),
        Example(
            .standing(.problemUnknown),
            job(.launching, leaseSeconds: 60) { job in
                job.problem = Job.Problem(code: "moon_phase", message: "it wanes", since: Sample.now)
            },
            says: "it wanes",
            next: "signalbox jobs show"
        ),
    ]

    private static let recoveries = RecoveryCause.allCases.map { cause in
        let (says, next) =
            switch cause {
            case .runGone: ("does not know the run", "nothing to do")
            case .machineLost: ("machine of attempt 1 was lost", "nothing to do")
            case .silent: ("neither the trainer", "nothing to do")
            case .preempted: ("was taken back; attempt 2 is about to begin", "nothing to do")
            case .sessionEnded: ("the time of attempt 1 was over; attempt 2 is about to begin", "nothing to do")
            case .runEnded: ("ended without a result", "signalbox logs")
            case .trainerFailed: ("gave up over what another one may not meet", "signalbox logs")
            case .overdue: ("took longer than it may", "signalbox logs")
            case .canaryFailed: ("did not restore", "only machines that stay")
            case .launchRefused: ("\(spot) had no room", "nothing to do")
            case .specTaken: ("another spec", "nothing to do")
            case .retried: ("opened anew", "nothing to do")
            }
        let job = job(.pending) { job in
            job.recoveries = [Job.Recovery(at: Sample.now, attempt: 1, cause: cause, place: spot, evidence: "seen")]
        }
        return Example(.givenUp(cause), job, says: says, next: next)
    }

    private static let problems = TierError.Code.allCases.map { code in
        let (says, next) =
            switch code {
            case .unreachable: ("cannot be reached", "it may pass by itself")
            case .capacity: ("has no capacity", "SIGNALBOX_LADDER")
            case .quota: ("quota", "a higher quota")
            case .permissionDenied: ("may not do that", "roles/compute.instanceAdmin.v1")
            case .invalidOrder: ("does not understand", "correct the place")
            case .unknownTier: ("not configured any more", "configure the tier compute-engine again")
            }
        let job = job(.launching, leaseSeconds: 60) { job in
            job.problem = Job.Problem(code: code.rawValue, message: "message", since: Sample.now)
        }
        return Example(.problem(code), job, says: says, next: next)
    }

    private static let commandFailed: Example = {
        let failed = job(.failed) { job in
            job.config = JobConfig(modelType: JobConfig.commandType)
            job.placement?.billedSince = nil
            job.failure = Job.Failure(.engineFailed, "the command left no model")
        }
        return Example(.failure(.engineFailed), failed, says: "engine", next: "what the command wrote")
    }()

    private static let failures = JobFailureCode.allCases.map { code in
        let (says, next) =
            switch code {
            case .cancelled: ("somebody asked", "signalbox jobs retry")
            case .attemptsExhausted: ("attempt 1 was the last", "signalbox jobs retry")
            case .capacityExhausted: ("no place took the run", "signalbox jobs plan")
            case .noPlace: ("no place may be used", "signalbox jobs plan")
            case .launchFailed: ("refuses the run for good", "give the account of firestore-job roles/compute")
            case .spendCapReached: ("newest checkpoint is kept", "--spend-max-usd 5")
            case .deadlineExceeded: ("longer than any job may", "signalbox jobs retry")
            case .noTrainableSteps: ("nothing to train on", "what the robot records")
            case .datasetInvalid: ("not what was verified", "a corrected package")
            case .configInvalid: ("does not fit the model", "another job")
            case .engineFailed: ("engine", "SIGNALBOX_PJRT_PLUGIN")
            case .diverged: ("no finite number", "--learning-rate")
            case .registrationFailed: ("could not be registered", "signalbox jobs retry")
            }
        let job = job(.failed) { job in
            job.placement?.billedSince = nil
            job.spentUSD = 2.25
            let message = code == .launchFailed ? "permission_denied: message" : "message"
            job.failure = Job.Failure(code, message)
        }
        return Example(.failure(code), job, says: says, next: next)
    }
}
