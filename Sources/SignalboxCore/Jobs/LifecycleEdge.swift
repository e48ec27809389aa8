/// A legal transition of a job.
public struct LifecycleEdge: Sendable, Equatable, Hashable {
    /// Before.
    public let from: Job.Phase
    /// What happens.
    public let input: JobInput.Kind
    /// After; another phase than before, or the same where something else changes.
    public let to: Job.Phase
    /// When it is so.
    public let condition: String

    init(_ from: Job.Phase, _ input: JobInput.Kind, _ to: Job.Phase, _ condition: String) {
        self.from = from
        self.input = input
        self.to = to
        self.condition = condition
    }

    /// Two edges are one where they join the same phases by the same input.
    public static func == (left: LifecycleEdge, right: LifecycleEdge) -> Bool {
        left.from == right.from && left.input == right.input && left.to == right.to
    }

    /// See `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(from)
        hasher.combine(input)
        hasher.combine(to)
    }
}

extension JobLifecycle {
    /// Every transition that changes a job; all else leaves the document as it is.
    public static let edges: [LifecycleEdge] = [
        LifecycleEdge(.pending, .attended, .launching, "an attempt is claimed for a place of the ladder"),
        LifecycleEdge(.pending, .attended, .failed, "cancelled, past deadline or cap, or no place left"),
        LifecycleEdge(.pending, .released, .pending, "the last attempt's run is given back"),
        LifecycleEdge(.pending, .tierFailed, .pending, "the run cannot be given back yet: the problem is noted"),
        LifecycleEdge(.pending, .inspected, .pending, "the run is not over yet, but its tier can tell again"),

        LifecycleEdge(.launching, .attended, .launching, "the launcher's lease ran out: another takes over"),
        LifecycleEdge(.launching, .attended, .pending, "the tier cannot be asked, and there are other places"),
        LifecycleEdge(.launching, .attended, .failed, "cancelled, past the deadline, or refused too often"),
        LifecycleEdge(.launching, .found, .launched, "the attempt's run is there: adopted"),
        LifecycleEdge(.launching, .launched, .launched, "the tier took the run"),
        LifecycleEdge(.launching, .launchRefused, .pending, "no capacity or quota: the next rung"),
        LifecycleEdge(.launching, .launchRefused, .failed, "refused for good, or too often"),
        LifecycleEdge(.launching, .specTaken, .pending, "the document was made anew over an older one's objects"),
        LifecycleEdge(.launching, .specTaken, .failed, "the same, on the last attempt"),
        LifecycleEdge(.launching, .tierFailed, .launching, "the tier cannot be asked: the problem is noted"),
        LifecycleEdge(.launching, .heartbeat, .running, "the trainer is faster than its launcher"),

        LifecycleEdge(.launched, .attended, .failed, "cancelled, or past the deadline"),
        LifecycleEdge(.launched, .inspected, .launched, "the run lives, or the tier cannot be reached"),
        LifecycleEdge(.launched, .inspected, .pending, "over, refused after all, or queued or running too long"),
        LifecycleEdge(.launched, .inspected, .failed, "the same, on the last attempt"),
        LifecycleEdge(.launched, .tierFailed, .launched, "the tier cannot be asked: the problem is noted"),
        LifecycleEdge(.launched, .heartbeat, .running, "the trainer's first word"),

        LifecycleEdge(.running, .launched, .running, "the launcher's late report: the handle is noted"),
        LifecycleEdge(.running, .found, .running, "the launcher's answer was lost: the handle is noted"),
        LifecycleEdge(.running, .heartbeat, .running, "the trainer lives"),
        LifecycleEdge(.running, .canary, .running, "the trainer's checkpoint restores"),
        LifecycleEdge(.running, .canary, .pending, "it does not: no more spot machines"),
        LifecycleEdge(.running, .canary, .failed, "it does not, on the last attempt or asked to stop"),
        LifecycleEdge(.running, .attended, .pending, "overdue"),
        LifecycleEdge(.running, .attended, .running, "cancelled, or past the deadline: the trainer is asked to stop"),
        LifecycleEdge(.running, .attended, .failed, "asked, and not stopped in time or silent; or overdue at its cap"),
        LifecycleEdge(.running, .logRead, .failed, "overdue on the last attempt, its trainer's last words known"),
        LifecycleEdge(.running, .inspected, .running, "silent, but the run lives or the tier cannot be reached"),
        LifecycleEdge(.running, .inspected, .pending, "silent, and over, or the tier silent too"),
        LifecycleEdge(.running, .inspected, .failed, "the same, on the last attempt or asked to stop"),
        LifecycleEdge(.running, .tierFailed, .running, "the tier cannot be asked: the problem is noted"),
        LifecycleEdge(.running, .preempted, .pending, "it stopped in order"),
        LifecycleEdge(
            .running,
            .preempted,
            .failed,
            "the same, asked to (cancel, deadline, spend cap), or on the last attempt"
        ),
        LifecycleEdge(.running, .completed, .completed, "a model is registered"),
        LifecycleEdge(.running, .failed, .pending, "the trainer gave up over what may pass"),
        LifecycleEdge(.running, .failed, .failed, "over what will not, on the last attempt, or asked to stop"),

        LifecycleEdge(.failed, .retried, .pending, "somebody asks for it"),
    ]
}
