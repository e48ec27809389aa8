import ArgumentParser
import Glibc
import SignalboxCore
import Wire

/// `signalbox local up`.
struct LocalUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a local cloud and serve until it is told to stop.",
        discussion: """
            Everything listens on 127.0.0.1 only and keeps its state in one folder; stopped and started again, it goes \
            on where it was. Ctrl-C or SIGTERM stops the functions, then the services; trainers go on by themselves.
            """
    )

    @OptionGroup var local: LocalOptions

    @Option(help: "The port of storage and documents; the functions take the next four. [default: any free ones]")
    var port: Int?

    @Option(help: "Deliver every event twice, late and out of order, as drawn from this seed.")
    var chaos: UInt64?

    @Option(help: "The folder with the programs of functions and trainer. [default: this program's]")
    var binDir: String?

    @OptionGroup var output: OutputOptions

    /// Asks `local up` to stop trainers too: they checkpoint first. All other signals leave them to go on.
    static let stopWithTrainers = SIGUSR1

    /// How long processes of an earlier run may take to end.
    private static let leftoverSeconds = 15

    func validate() throws {
        let last = 65_535 - LocalLayout.functions.count
        guard port.map({ (1...last).contains($0) }) ?? true else {
            throw ValidationError("--port: 1 to \(last), please.")
        }
    }

    func run() async throws {
        let layout = try LocalLayout(state: local.folder, programs: binDir)
        for folder in [layout.state, layout.logs, layout.runs, layout.keys] {
            try Paths.makeFolder(folder, permissions: 0o700)
        }
        let lock = try FolderLock(
            layout.state,
            busy:
                "a local cloud runs in \(layout.state) already: use it, "
                + "stop it with `signalbox local down`, or choose another --state"
        )
        defer { withExtendedLifetime(lock) {} }
        let clock = SystemClock()
        let processes = LocalProcesses(folder: layout.state, runs: layout.runs, clock: clock)
        await processes.stopFunctions(withinSeconds: Self.leftoverSeconds)
        try await forgetRuns(layout)
        try makeKeys(layout)
        // From here on a signal is a request, so that what is started is stopped.
        let signals = try StopSignals([SIGINT, SIGTERM, SIGHUP, Self.stopWithTrainers], ignoredStayIgnored: true)
        let run = try LocalCloudRun(layout: layout, port: port ?? lastPort(layout), chaosSeed: chaos, clock: clock)
        do {
            let ports = try functionPorts()
            let state = try await run.start(functionPorts: ports)
            try FileIO.write(Array((state.url.split(separator: ":").last ?? "0").utf8), to: layout.port)
            announce(state)
        } catch {
            await run.stop(withTrainers: false)
            throw error
        }
        await serve(run, until: signals)
    }

    /// The port of the last time if it is free, else any.
    private func lastPort(_ layout: LocalLayout) -> Int {
        let text = (try? FileIO.read(layout.port, bytesMax: 16)).map { String(decoding: $0, as: UTF8.self) }
        guard let port = text.flatMap({ Int($0) }), (1...65_535).contains(port), LoopbackPort.isFree(port) else {
            return 0
        }
        return port
    }

    private func functionPorts() throws -> [Int] {
        guard let port else { return try LoopbackPort.free(LocalLayout.functions.count) }
        return LocalLayout.functions.indices.map { port + 1 + $0 }
    }

    /// The keys that sign receipts, models and the keyring, and an empty keyring, where they are missing.
    private func makeKeys(_ layout: LocalLayout) throws {
        for name in ["intake", "models"] {
            _ = try KeyFiles(folder: layout.keys, name: name).readOrMake(SystemRandomSource())
        }
        let root = try KeyFiles(folder: layout.keys, name: LocalLayout.rootKeyID).readOrMake(SystemRandomSource())
        let roots = try KeyringRoots(threshold: 1, keys: [LocalLayout.rootKeyID: root.publicKey])
        if !Paths.exists(layout.roots) {
            try FileIO.write(Array((roots.json.serialized(pretty: true) + "\n").utf8), to: layout.roots)
            // A keyring of before there were roots is this machine's own.
            if Paths.exists(layout.keyring) {
                _ = try KeyringFile(path: layout.keyring, roots: roots, signers: [root]).sign(expiry: nil)
            }
        }
        if !Paths.exists(layout.keyring) {
            _ = try KeyringFile(path: layout.keyring, roots: roots, signers: [root]).change(expiry: nil) { _ in }
        }
    }

    private func announce(_ state: LocalState) {
        if state.environment["SIGNALBOX_PJRT_PLUGIN"] == nil {
            Console.note("note: no PJRT plugin: trainings will fail until SIGNALBOX_PJRT_PLUGIN names one")
        }
        if output.json { return Console.data(state.json, pretty: false) }
        var table = Table("SERVICE", "URL", "LOG")
        table.add("storage, documents", state.url, "\(state.folder)/logs/local-cloud.log")
        for function in state.functions { table.add(function.name, function.url, function.log) }
        for line in table.lines { Console.data(line) }
        Console.note("ready; state in \(state.folder); Ctrl-C stops it")
    }

    /// A cloud that begins anew knows no job; the runs of an older one would answer for new ones of their names.
    private func forgetRuns(_ layout: LocalLayout) async throws {
        guard access(layout.cloud, F_OK) != 0 else { return }
        let left = await LocalRuns(layout: layout, clock: SystemClock()).alive()
        guard left.isEmpty else {
            let names = left.joined(separator: ", ")
            throw CommandError(.busy, "trainers of an older cloud go on: \(names); signalbox local down stops them")
        }
        try FileIO.removeFolder(layout.runs)
        try Paths.makeFolder(layout.runs, permissions: 0o700)
    }

    /// Waits for a request to stop; a second one does not wait for what runs.
    private func serve(_ run: LocalCloudRun, until signals: StopSignals) async {
        defer { withExtendedLifetime(signals) {} }
        let requests = signals.numbers
        var iterator = requests.makeAsyncIterator()
        let request = await iterator.next()
        Console.note("stopping …")
        let impatience = Task {
            for await _ in requests {
                await run.abort()
                return
            }
        }
        await run.stop(withTrainers: request == Self.stopWithTrainers)
        impatience.cancel()
        Console.note("stopped")
    }
}
