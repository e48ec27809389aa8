import SignalboxCore

/// `docs/job-lifecycle.md`, from the machine's own table.
enum LifecycleDocument {
    /// The whole document.
    static var text: String {
        ([title, diagram, time, phases, budgets, decisions].joined(separator: "\n\n")) + "\n"
    }

    private static let title = """
        # The lifecycle of a job

        One pure function, `JobLifecycle.step`, decides what becomes of a job; everything else carries its decisions
        out. This page is written from the function's own table, `JobLifecycle.edges`, by a test that also fails when
        the two differ. The fields that carry the state are in [the job document](job-document.md), the codes of
        failures in [errors](errors.md).

        Every step is one write under the precondition that nobody wrote in between, and what is to be done outside is
        done after it: an attempt is claimed before anything is launched, and given up before anything is released.
        Whoever looks at a job next, a function that an event woke or the sweep, goes on where the last look was cut
        short. An input about another attempt than the document's changes nothing, and neither does a report of a
        second process of the same attempt while the first one is heard. The end of that second process's run is not
        the attempt's either: before a run is taken for over, its tier is asked for another one of the same name that
        lives, and that one is noted in its place.

        A job that is to be over before its end (cancelled, past the deadline, at its spend cap) is asked first: while
        its trainer is heard, `stop_reason` says why it is to stop, and its next report tells it so. It checkpoints and
        says its last word, and the job fails for that reason; a retry goes on from there. For a cancel and the deadline
        `stop_by` says how long that may take, two minutes and half a lease: then, or once the lease runs out, the run
        is ended. Where nobody trains, the job ends at the next look.
        """

    private static let time = """
        ## What time it is

        The document store says so with each read, and no machine's own clock has a word in it: a lease that one
        machine writes and another one judges, a deadline, the time that is paid for are all of the store's clock. A
        function whose clock is ahead takes no fresh lease for one that ran out, and a sweep on it ends no run
        before its time. A trainer counts its own lease from the moment at which it sent the heartbeat, by how much
        its clock has moved since; that is never later than what the document says.
        """

    private static var diagram: String {
        var lines = ["```mermaid", "stateDiagram-v2", "    [*] --> pending"]
        for from in Job.Phase.allCases {
            for to in Job.Phase.allCases where from != to {
                let inputs = JobLifecycle.edges.filter { $0.from == from && $0.to == to }.map(\.input.rawValue)
                guard !inputs.isEmpty else { continue }
                lines.append("    \(from.rawValue) --> \(to.rawValue): \(inputs.joined(separator: ", "))")
            }
        }
        return (lines + ["    completed --> [*]", "```"]).joined(separator: "\n")
    }

    private static var phases: String {
        let sections = Job.Phase.allCases.map { phase in
            let edges = JobLifecycle.edges.filter { $0.from == phase }
            let heading =
                "### `\(phase.rawValue)`\n\n\(meaning(of: phase)) In the public contract: `\(phase.status.rawValue)`."
            guard !edges.isEmpty else { return heading + " Nothing follows." }
            let rows = edges.map { "| `\($0.input.rawValue)` | `\($0.to.rawValue)` | \($0.condition) |" }
            return heading + "\n\n" + table(["input", "next phase", "when"], rows)
        }
        let introduction = """
            ## Phases

            A row whose next phase is the same one changes other fields. An input that has no row in a phase changes
            nothing there.
            """
        return ([introduction] + sections).joined(separator: "\n\n")
    }

    private static var budgets: String {
        let policy = JobPolicy()
        let rows = RecoveryCause.allCases.map { cause in
            "| `\(cause.rawValue)` | \(meaning(of: cause)) | \(budget(of: cause, policy)) |"
        }
        return """
            ## Why an attempt is given up

            Each given-up attempt is noted in `recoveries`. Machines are lost often and code fails the same way twice,
            so the two have budgets of their own, and so have refusals; a job that is opened anew has all of them
            whole again, and keeps what is noted: of more than \(JobPolicy.recoveriesMax) it drops the oldest refusals.

            """ + "\n" + table(["cause", "meaning", "budget"], rows)
    }

    private static func budget(of cause: RecoveryCause, _ policy: JobPolicy) -> String {
        if cause.isFault { return "fault: the \(ordinal(policy.attemptsMax)) fails the job (`SIGNALBOX_ATTEMPTS_MAX`)" }
        if cause.isLoss { return "loss: \(policy.preemptionsMax) are made good (`SIGNALBOX_PREEMPTIONS_MAX`)" }
        if cause == .sessionEnded { return "session: \(JobPolicy.sessionsMax) are made good" }
        guard cause == .launchRefused else { return "none" }
        return "refusal: \(policy.refusalsMax) are made good (`SIGNALBOX_REFUSALS_MAX`)"
    }

    private static func ordinal(_ number: Int) -> String {
        switch number {
        case 1: "1st"
        case 2: "2nd"
        case 3: "3rd"
        default: "\(number)th"
        }
    }

    private static var decisions: String {
        let rows = JobDecision.allCases.map { "| `\($0.rawValue)` | \(meaning(of: $0)) |" }
        return "## Decisions\n\nWhat a step came to: the word that stands in logs and in what the functions answer.\n\n"
            + table(["decision", "meaning"], rows)
    }

    private static func table(_ heads: [String], _ rows: [String]) -> String {
        let head = "| " + heads.joined(separator: " | ") + " |"
        let rule = "|" + String(repeating: "---|", count: heads.count)
        return ([head, rule] + rows).joined(separator: "\n")
    }
}
