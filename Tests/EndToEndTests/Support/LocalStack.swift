import Foundation
import Glibc
import GoogleCloud
import SignalboxCore
import Synchronization
import Testing
import Wire

/// `signalbox local up` as a real process, and the commands and calls of those who use it.
final class LocalStack: Sendable {
    /// What a command came to.
    struct Output: Sendable {
        let status: Int32
        let output: String
        let errors: String

        /// The lines of standard output.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
        /// Standard output as JSON.
        var json: JSON { get throws { try JSON(parsing: output) } }
    }

    /// Leases and reports as short as they can be: what waits for one is not to take minutes.
    static let shortLeases = [
        "SIGNALBOX_LAUNCH_LEASE_SECONDS": "2", "SIGNALBOX_START_LEASE_SECONDS": "20", "SIGNALBOX_LEASE_SECONDS": "2",
        "SIGNALBOX_HEARTBEAT_SECONDS": "1",
    ]

    let work: WorkFolder
    /// The state's folder.
    let state: String
    private let arguments: [String]
    private let environment: [String: String]
    private let mark: ProcessMark
    private let transport = HTTPClient()
    private let running: Mutex<ChildProcess?> = Mutex(nil)
    private let commands = Mutex(0)

    /// Runs a test on a local cloud of its own.
    ///
    /// - Parameters:
    ///   - arguments: of `local up`.
    ///   - settings: variables of `local up`, and so of the functions and trainers.
    static func with(
        _ arguments: [String] = [],
        settings: [String: String] = [:],
        _ body: (LocalStack) async throws -> Void
    ) async throws {
        try await WorkFolder.with { work in
            let stack = try LocalStack(work, arguments, settings)
            do {
                try await stack.up()
                try await body(stack)
            } catch {
                await stack.abandon()
                throw error
            }
            try await stack.stop()
        }
    }

    private init(_ work: WorkFolder, _ arguments: [String], _ settings: [String: String]) throws {
        self.work = work
        mark = try ProcessMark()
        self.arguments = arguments
        state = work / "state"
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "TMPDIR"].contains($0.key)
        }
        let own = [
            "SIGNALBOX_STATE": state,
            "SIGNALBOX_PJRT_PLUGIN": try Repository.plugin(),
            "SIGNALBOX_PROGRAMS": Repository.root + "/Sources/Training/Programs",
            "SIGNALBOX_COMPILE_CACHE": Repository.compileCache,
            ProcessMark.variable: mark.value,
        ]
        environment = inherited.merging(own) { $1 }.merging(settings) { $1 }
    }

    // MARK: Up and down

    /// Starts it, and returns when all of it answers.
    func up() async throws {
        let child = try start(["local", "up", "--json"] + arguments)
        running.withLock { $0 = child }
        try await eventually("signalbox local up is ready") {
            guard child.output.isEmpty else { return true }
            try #require(!child.hasEnded, "signalbox local up ended: \(child.errors)")
            return false
        }
    }

    /// Kills `local up` itself with SIGKILL.
    func kill() async throws {
        let child = try #require(running.withLock { $0.take() })
        child.signal(SIGKILL)
        #expect(await child.wait() == .signal(SIGKILL))
    }

    /// Stops all of it; nothing that it started may be left.
    private func stop() async throws {
        let child = try #require(running.withLock { $0.take() })
        try await eventually("the trainers end by themselves") {
            // Asked each time: one that is about to be started anew has none for now.
            let functions = try local()["functions"].array().compactMap { function -> pid_t? in
                try? pid_t(function["process"]["pid"].int())
            }
            return Set(mark.processes()).isSubset(of: functions + [child.pid])
        }
        child.signal(SIGTERM)
        let ending = try await child.wait("signalbox local up", withinSeconds: EndToEnd.stopSeconds)
        try #require(ending == .exit(0), "signalbox local up: \(child.errors)")
        try #require(!FileManager.default.fileExists(atPath: state + "/local.json"))
        let left = await mark.end(withinSeconds: EndToEnd.stopSeconds)
        try #require(left.isEmpty, "left behind: \(left)")
        transport.shutdown()
    }

    /// Ends all of it somehow, because the test has failed.
    private func abandon() async {
        running.withLock { $0.take() }?.signal(SIGTERM)
        _ = await mark.end(withinSeconds: 15)
        transport.shutdown()
    }

    // MARK: Programs

    /// Runs a command to its end.
    func signalbox(_ arguments: String...) async throws -> Output { try await signalbox(arguments) }

    /// Runs a command to its end.
    func signalbox(_ arguments: [String], settings: [String: String] = [:]) async throws -> Output {
        let child = try start(
            program: Repository.program("signalbox"),
            arguments,
            environment.merging(settings) { $1 }
        )
        let ending = try await child.wait("signalbox \(arguments.joined(separator: " "))")
        guard case .exit(let status) = ending else { throw Repository.Missing(description: "\(arguments): \(ending)") }
        return Output(status: status, output: child.output, errors: child.errors)
    }

    /// Runs a command that has to succeed.
    func succeed(_ arguments: String...) async throws -> Output {
        let output = try await signalbox(arguments)
        try #require(output.status == 0, "signalbox \(arguments.joined(separator: " ")): \(output.errors)")
        return output
    }

    /// Starts a command.
    func start(_ arguments: [String]) throws -> ChildProcess {
        try start(program: Repository.program("signalbox"), arguments, environment)
    }

    /// Runs one event through a function's program, with the variables that the functions have.
    func run(_ function: String, event path: String) async throws -> Output {
        try await run(function, ["--event", path])
    }

    /// Runs a program with the variables that functions and trainers have.
    func run(_ program: String, _ arguments: [String]) async throws -> Output {
        let child = try start(program, arguments)
        guard case .exit(let status) = try await child.wait("\(program) \(arguments)") else {
            throw Repository.Missing(description: "\(program) was killed")
        }
        return Output(status: status, output: child.output, errors: child.errors)
    }

    /// Starts a program with the variables that functions and trainers have.
    ///
    /// - Parameter changes: variables that are others.
    func start(_ program: String, _ arguments: [String], changes: [String: String] = [:]) throws -> ChildProcess {
        var environment = self.environment
        for (name, value) in try local()["environment"].members() { environment[name] = try value.string() }
        environment["SIGNALBOX_RECEIPT_KEY"] = state + "/keys/intake.pem"
        environment["SIGNALBOX_MODEL_KEY"] = state + "/keys/models.pem"
        environment.merge(changes) { $1 }
        return try start(program: Repository.program(program), arguments, environment)
    }

    private func start(
        program: String,
        _ arguments: [String],
        _ environment: [String: String]
    ) throws -> ChildProcess {
        let number = commands.withLock { number in
            number += 1
            return number
        }
        let name = (program.split(separator: "/").last ?? "") + "-" + (arguments.first ?? "")
        return try ChildProcess(
            program,
            arguments,
            environment: environment,
            folder: work.path,
            log: work / "\(number)-\(name)"
        )
    }

    // MARK: What runs

    /// What `local.json` says.
    func local() throws -> JSONReader {
        JSONReader(try JSON(parsing: try FileIO.read(state + "/local.json", bytesMax: 1 << 20)))
    }

    /// A function's process; nil while it is started again.
    func process(of function: String) throws -> pid_t? {
        let functions = try local()["functions"].array()
        let entry = try #require(functions.first { $0["name"].value == .string(function) })
        return try entry["process"].optional.map { pid_t(try $0["pid"].int()) }
    }

    /// Kills a function that runs with SIGKILL.
    ///
    /// - Returns: whether there was one to kill.
    func kill(_ function: String) throws -> Bool {
        guard let pid = try process(of: function), mark.processes().contains(pid) else { return false }
        return Glibc.kill(pid, SIGKILL) == 0
    }

    /// Sends a function JSON, as Cloud Scheduler does.
    ///
    /// - Returns: the details of the answer.
    func post(_ function: String, _ body: JSON) async throws -> JSONReader {
        let functions = try local()["functions"].array()
        let entry = try #require(functions.first { $0["name"].value == .string(function) })
        let response = try await transport.send(
            HTTPRequest(
                method: "POST",
                url: try entry["url"].string(),
                headers: ["content-type": "application/json"],
                body: .bytes(body.bytes)
            )
        )
        let answer = JSONReader(try JSON(parsing: try await response.body.collect(bytesMax: 1 << 20)))
        try #require(response.status == 200, "\(function): \(answer.value)")
        return answer["detail"]
    }

    /// A function's log lines, those that are JSON.
    func log(of function: String) -> [JSON] {
        let text = FileManager.default.contents(atPath: "\(state)/logs/\(function).log") ?? Data()
        return text.split(separator: 0x0A).compactMap { try? JSON(parsing: Array($0)) }
    }

    // MARK: Stores

    /// The object store of the cloud that runs now.
    func objects() throws -> any ObjectStore { try google().storage(ServiceContext(transport: transport)) }

    /// The documents of the cloud that runs now.
    func documents() throws -> any DocumentStore { try google().firestore(ServiceContext(transport: transport)) }

    private func google() throws -> GoogleCloudEnvironment {
        let variables = try local()["environment"]
        return try GoogleCloudEnvironment { variables[$0].value.stringValue }
    }
}

extension LocalStack.Output {
    /// Runs a program without any setting.
    init(of program: String, _ arguments: [String]) async throws {
        self = try await WorkFolder.with { work in
            let path = Repository.programs + ":/usr/bin:/bin"
            let child = try ChildProcess(
                program,
                arguments,
                environment: ["PATH": path, "HOME": work.path],
                folder: work.path,
                log: work / "output"
            )
            let ending = try await child.wait("\(program) \(arguments.joined(separator: " "))")
            guard case .exit(let status) = ending else { throw Repository.Missing(description: "\(ending)") }
            return LocalStack.Output(status: status, output: child.output, errors: child.errors)
        }
    }
}
