import SignalboxCore
import Wire

/// What a machine of ours runs when it starts and when it stops.
///
/// The start-up script runs the trainer's container once, reports how it ended (``ExitReport``), and deletes the
/// machine, whatever happened. It acts as the machine's account, whose token it asks of the metadata server each time;
/// no token and no secret is written to a disk, an argument or the log. The shutdown script has the trainer write its
/// checkpoint.
struct MachineScripts: Sendable, Equatable {
    /// What the provider allows a machine that it takes back, less what the report takes, in seconds
    /// (https://cloud.google.com/compute/docs/instances/spot#preemption-process).
    static let spotGraceSeconds = 20
    /// What it allows one that is deleted, less what the report takes, in seconds.
    static let graceSeconds = 80
    /// Orders of a deletion, before the machine turns itself off instead and leaves the rest to the sweep.
    static let deletionsMax = 30

    /// The run's name, which is the container's too.
    var run: String
    /// What runs.
    var container: TrainerContainer
    /// Arguments of the trainer.
    var arguments: [String]
    /// Arguments of `docker run` beyond those that every machine needs.
    var options: [String]
    /// Whether the machine has NVIDIA's accelerators.
    var hasGPU: Bool
    /// Whether it may be taken back.
    var isSpot: Bool
    /// After so long the trainer is stopped.
    var runSecondsMax: Int
    /// Where the report goes.
    var report: ObjectName
    /// What deletes the machine, by the method DELETE.
    var deletionURL: String

    /// How long a trainer has for its last checkpoint.
    private var grace: Int { isSpot ? Self.spotGraceSeconds : Self.graceSeconds }

    /// The start-up script, for bash.
    var startup: String {
        let environment = container.variables.sorted { $0.key < $1.key }
            .flatMap { ["--env", "\($0.key)=\($0.value)"] }
        return """
            #!/bin/bash
            # Runs the trainer of one run, reports how it ended, and gives the machine back.
            set -u
            umask 077
            run=\(ShellText.quoted(run))
            image=\(ShellText.quoted(container.image))
            registry=\(ShellText.quoted(registry ?? ""))
            options=\(ShellText.array(["--network", "host"] + options + environment))
            arguments=\(ShellText.array(arguments))
            has_gpu=\(hasGPU ? 1 : 0)
            is_spot=\(isSpot ? 1 : 0)
            limit=\(runSecondsMax)
            grace=\(grace)
            deletions_max=\(Self.deletionsMax)
            report_url=\(ShellText.quoted(reportURL))
            deletion_url=\(ShellText.quoted(deletionURL))

            """ + Self.functions + Self.course
    }

    /// The shutdown script, for bash: also when the machine is taken back or deleted.
    var shutdown: String {
        """
        #!/bin/bash
        # The machine is about to stop: the trainer writes its checkpoint, and the start-up script reports.
        run=\(ShellText.quoted(run))
        docker stop -t \(grace) "$run" >/dev/null 2>&1
        for _ in 1 2 3 4 5; do
            [ -d "/dev/shm/$run" ] || break
            sleep 1
        done

        """
    }

    /// Metadata by which a machine finds both.
    var metadata: [String: String] { ["startup-script": startup, "shutdown-script": shutdown] }

    /// The host of the image, where it is a registry of Google's that asks who pulls.
    private var registry: String? {
        let host = String(container.image.prefix { $0 != "/" })
        let isGoogles = host.hasSuffix("-docker.pkg.dev") || host == "gcr.io" || host.hasSuffix(".gcr.io")
        return isGoogles ? host : nil
    }

    /// Writes the report where there is none (https://cloud.google.com/storage/docs/json_api/v1/objects/insert).
    private var reportURL: String {
        let bucket = PercentEncoding.encode(report.bucket)
        let query = "uploadType=media&ifGenerationMatch=0&name=\(PercentEncoding.encode(report.name))"
        return "https://storage.googleapis.com/upload/storage/v1/b/\(bucket)/o?\(query)"
    }
}
