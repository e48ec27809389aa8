import Glibc
public import SignalboxCore
public import Wire

/// This machine: a run is a session of its own that outlives the function which launched it.
///
/// Each run has a folder under the runs' folder: `claim` (made once, by the one process that runs the trainer),
/// `process` (its id, start time and the machine's boot), `log` and, when it is over, `exit`. The handle is the run's
/// name.
public struct LocalTier: ComputeTier {
    /// Bytes of a run's `process` and `exit` files.
    static let recordBytesMax = 4096
    /// How long a claimed run may take to write its `process` file.
    static let claimSeconds = 30
    /// Looks for the `process` file after a launch, and the wait between two.
    static let launchLooksMax = 100
    static let launchLook = Duration.milliseconds(50)

    /// The tier's name.
    public let name = "local"

    private let runsFolder: String
    private let trainer: String
    private let environment: [String: String]
    private let clock: any Clock

    /// A tier that runs a trainer program.
    ///
    /// - Parameters:
    ///   - runsFolder: where the runs' folders are made.
    ///   - trainer: the path of the trainer's executable.
    ///   - environment: what the trainer inherits.
    public init(runsFolder: String, trainer: String, environment: [String: String], clock: any Clock) {
        self.runsFolder = runsFolder
        self.trainer = trainer
        // A trainer is no function: what tells a function where to listen would mislead it.
        self.environment = environment.filter { !["PORT", "K_SERVICE", "K_REVISION"].contains($0.key) }
        self.clock = clock
    }

    /// Starts the trainer as a detached session; a run that is there already is left alone.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        guard access(trainer, X_OK) == 0 else {
            throw TierError(.invalidOrder, "SIGNALBOX_TRAINER names \(trainer), which cannot be executed")
        }
        let folder = self.folder(order.name)
        try makeFolder(folder)
        let arguments = ["/bin/sh", "-c", RunScript.start, RunScript.run, folder, trainer, "--spec", order.spec.uri]
        try DetachedProcess.run(arguments, environment: environment)
        for _ in 0..<Self.launchLooksMax {
            if RunRecord(folder: folder) != nil { return order.name }
            try? await clock.sleep(for: Self.launchLook)
        }
        throw TierError(.unreachable, "\(order.name) did not start within the time of a launch; see \(folder)/log")
    }

    /// The run's name where a process has claimed it.
    public func find(_ runName: String) async throws(TierError) -> String? {
        access(folder(runName) + "/claim", F_OK) == 0 ? runName : nil
    }

    /// How a run is, from its folder and the process table.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        let folder = self.folder(handle)
        if let exit = try? FileIO.read(folder + "/exit", bytesMax: Self.recordBytesMax) {
            let code = String(decoding: exit, as: UTF8.self).filter { !$0.isWhitespace }
            return code == "75" ? .preempted : .ended(detail: "the trainer ended with exit status \(code)")
        }
        guard let record = RunRecord(folder: folder) else {
            return isYoung(folder + "/claim") ? .starting : .gone
        }
        guard record.isOfThisBoot else { return .ended(detail: "the machine was restarted") }
        return record.isAlive ? .running : .ended(detail: "the trainer's process vanished without an exit status")
    }

    /// Asks the run's session to stop: SIGTERM, on which a trainer checkpoints.
    public func cancel(_ handle: String) async throws(TierError) {
        guard let record = RunRecord(folder: folder(handle)), record.isAlive else { return }
        kill(-record.processID, SIGTERM)
    }

    private func folder(_ runName: String) -> String { runsFolder + "/" + runName }

    private func makeFolder(_ folder: String) throws(TierError) {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += part + "/"
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw TierError(.unreachable, "\(path) cannot be made: \(String(cString: strerror(errno)))")
            }
        }
    }

    private func isYoung(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return clock.now() - Timestamp(seconds: Int64(status.st_mtim.tv_sec)) < .seconds(Self.claimSeconds)
    }
}

/// The shell's part of a launch: what must go on when the launcher is killed between any two steps.
enum RunScript {
    /// Starts the run in a session of its own and returns at once: init inherits it, no zombie stays.
    static let start = #"setsid /bin/sh -c "$0" "$0" "$@" </dev/null >/dev/null 2>&1 &"#

    /// Claims the run (making a folder succeeds once), says who it is, runs the trainer, keeps its exit status.
    ///
    /// The trap that does nothing (an ignored signal would be ignored by the trainer too) lets the shell
    /// outlive a SIGTERM to its session, while the trainer gets it in full.
    static let run = #"""
        folder=$1
        shift
        mkdir "$folder/claim" 2>/dev/null || exit 0
        trap : TERM INT HUP
        printf '%s %s %s\n' "$$" "$(cut -d ' ' -f 22 "/proc/$$/stat")" "$(cat /proc/sys/kernel/random/boot_id)" \
            > "$folder/process.tmp"
        mv "$folder/process.tmp" "$folder/process"
        "$@" >> "$folder/log" 2>&1 &
        trainer=$!
        wait "$trainer"
        code=$?
        while kill -0 "$trainer" 2>/dev/null; do
            wait "$trainer"
            code=$?
        done
        printf '%s\n' "$code" > "$folder/exit.tmp"
        mv "$folder/exit.tmp" "$folder/exit"
        """#
}
