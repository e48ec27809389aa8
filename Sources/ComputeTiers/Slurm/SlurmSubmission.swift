import SignalboxCore
import Wire

/// A run as a batch job.
///
/// The script becomes the trainer: Slurm tells the processes of the batch step to end (SIGTERM, on which a trainer
/// checkpoints; SIGKILL after the cluster's `KillWait`, at least 5 s) when the job is cancelled, preempted or at its
/// time limit, and takes the trainer's exit status as its own. A partition's `GraceTime` does not lengthen that notice:
/// Slurm spends it before it tells the batch step.
///
/// Slurm never starts the run a second time (a preempted job that must not be requeued ends): that is decided
/// elsewhere. Of two jobs of one name and user, Slurm starts the second when the first is over (`singleton`).
struct SlurmSubmission: Sendable {
    /// What is to run.
    let order: RunOrder
    /// Where.
    let settings: SlurmSettings
    private let partition: String?
    private let resources: SlurmResources

    /// A run's job.
    ///
    /// - Throws: `invalid_order`.
    init(_ order: RunOrder, _ settings: SlurmSettings) throws(TierError) {
        guard order.runSecondsMax > 0 else {
            throw TierError(.invalidOrder, "a run of \(order.runSecondsMax) s: its time limit must be 1 s or more")
        }
        self.order = order
        self.settings = settings
        partition = try Self.partition(order.place, settings)
        resources = try SlurmResources(order.place)
    }

    /// What jobs of a deployment say of themselves.
    static func comment(_ settings: SlurmSettings) -> String { "signalbox \(settings.deployment)" }

    /// Where a run's log is.
    static func log(of runName: String, _ settings: SlurmSettings) -> String { "\(settings.folder)/\(runName).log" }

    /// The body of the request.
    var json: JSON {
        var job = common
        if settings.version.readsOptions { addOptions(to: &job) } else { addFields(to: &job) }
        guard settings.version.hasScriptInJob else { return ["script": .string(script), "job": .object(job)] }
        job["script"] = .string(script)
        return ["job": .object(job)]
    }

    private var script: String {
        "#!/bin/sh\nexec \(ShellText.quoted(settings.trainer)) --spec \(ShellText.quoted(order.spec.uri))\n"
    }

    private var minutes: Int64 { Int64(order.runSecondsMax + 59) / 60 }

    private var common: [String: JSON] {
        var job: [String: JSON] = [
            "name": .string(order.name),
            "comment": .string(Self.comment(settings)),
            "dependency": "singleton",
            "tasks": 1,
            "current_working_directory": .string(settings.folder),
            "standard_output": .string(Self.log(of: order.name, settings)),
        ]
        job["partition"] = partition.map { .string($0) }
        job["account"] = settings.account.map { .string($0) }
        job["cpus_per_task"] = resources.processors.map { .integer($0) }
        return job
    }

    /// v0.0.38: what sbatch's options take. Its `requeue` is true whatever it is given.
    private func addOptions(to job: inout [String: JSON]) {
        job["environment"] = .object(settings.environment.mapValues { .string($0) })
        job["no_requeue"] = true
        job["open_mode"] = "append"
        job["time_limit"] = .integer(minutes)
        job["memory_per_node"] = resources.memoryMiB.map { .integer($0) }
        if !resources.generic.isEmpty { job["gres"] = .string(resources.generic.joined(separator: ",")) }
    }

    /// v0.0.39 and later: the fields of `job_desc_msg`.
    private func addFields(to job: inout [String: JSON]) {
        let variables = settings.environment.map { "\($0.key)=\($0.value)" }.sorted()
        job["environment"] = .array(variables.map { .string($0) })
        job["requeue"] = false
        job["open_mode"] = ["APPEND"]
        job["time_limit"] = Self.number(minutes)
        job["memory_per_node"] = resources.memoryMiB.map(Self.number)
        let generic = resources.generic.map { settings.version.genericPrefix + $0 }
        if !generic.isEmpty { job["tres_per_node"] = .string(generic.joined(separator: ",")) }
    }

    private static func number(_ value: Int64) -> JSON { ["set": true, "infinite": false, "number": .integer(value)] }

    private static func partition(_ place: Place, _ settings: SlurmSettings) throws(TierError) -> String? {
        if let location = place.location { return location }
        guard place.provisioning == .spot else { return settings.partition }
        guard let partition = settings.spotPartition else {
            let advice = "name a partition, or set SIGNALBOX_SLURM_SPOT_PARTITION"
            throw TierError(.invalidOrder, "\(place): the tier slurm has no partition for spot: \(advice)")
        }
        return partition
    }
}
