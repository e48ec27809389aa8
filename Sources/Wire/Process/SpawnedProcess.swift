import Glibc
import Synchronization

/// A program started by this one, in a process group of its own: a key pressed in the terminal reaches only this
/// process, which then stops the others in order.
///
/// It inherits nothing but its environment, its input and its output: no open file, no ignored or blocked signal.
public final class SpawnedProcess: Sendable {
    /// How a process ended.
    public enum Ending: Sendable, Equatable, CustomStringConvertible {
        /// By itself.
        case exit(Int32)
        /// By a signal.
        case signal(Int32)

        /// `ended with exit status 1`.
        public var description: String {
            switch self {
            case .exit(let code): "ended with exit status \(code)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }

        /// Reads a status of wait(2), whose macros Swift does not import.
        init(status: Int32) {
            let number = status & 0x7F
            self = number == 0 ? .exit(status >> 8 & 0xFF) : .signal(number)
        }
    }

    /// The process id.
    public let pid: Int32
    private let life: Life
    private let ending: Task<Ending, Never>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: the program's path, then its arguments.
    ///   - environment: all of its environment.
    ///   - input: the open file for its standard input; nil: there is nothing to read.
    ///   - output: the open file for its standard output and errors; nil: neither is kept.
    ///   - endsGroup: whether what it leaves behind in its process group is killed at its end.
    /// - Throws: `FileIO.Failure` with the program's path.
    public init(
        _ arguments: [String],
        environment: [String: String],
        input: Int32? = nil,
        output: Int32? = nil,
        endsGroup: Bool = false
    ) throws(FileIO.Failure) {
        guard let program = arguments.first else { throw FileIO.Failure("", "no program is named") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        Self.setUp(&actions, input: input, output: output)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.setUp(&attributes)
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, &argv, &envp)
        guard failure == 0 else {
            throw FileIO.Failure(program, "cannot be started: \(String(cString: strerror(failure)))")
        }
        let life = Life(pid, endsGroup: endsGroup)
        self.pid = pid
        self.life = life
        // A thread of its own waits: the system has no call that would not block.
        ending = Task { (try? await BlockingThread.run { life.collect() }) ?? life.collect() }
    }

    /// Waits for its end.
    public func wait() async -> Ending { await ending.value }

    /// Sends it a signal; none once it has ended, as its id may then be another's.
    public func signal(_ number: Int32) { life.signal(number) }

    /// Sends its whole process group a signal; none once it has ended.
    public func signalGroup(_ number: Int32) { life.signal(number, toGroup: true) }

    private static func setUp(_ actions: inout posix_spawn_file_actions_t, input: Int32?, output: Int32?) {
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        for file in [STDOUT_FILENO, STDERR_FILENO] {
            if let output {
                posix_spawn_file_actions_adddup2(&actions, output, file)
            } else {
                posix_spawn_file_actions_addopen(&actions, file, "/dev/null", O_WRONLY, 0)
            }
        }
        // A listening socket that a program inherits would outlive this process.
        let open = ((try? FileIO.names(in: "/proc/self/fd")) ?? []).compactMap { Int32($0) }
        for file in open where file > STDERR_FILENO { posix_spawn_file_actions_addclose(&actions, file) }
    }

    private static func setUp(_ attributes: inout posix_spawnattr_t) {
        withUnsafeTemporaryAllocation(of: sigset_t.self, capacity: 1) { buffer in
            guard let signals = buffer.baseAddress else { return }
            sigemptyset(signals)
            posix_spawnattr_setsigmask(&attributes, signals)
            sigfillset(signals)
            posix_spawnattr_setsigdefault(&attributes, signals)
        }
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// The process id as long as it is ours: from the start until the end has been collected.
    private final class Life: Sendable {
        private let pid: Int32
        private let endsGroup: Bool
        private let status = Mutex<Int32?>(nil)

        init(_ pid: Int32, endsGroup: Bool) {
            self.pid = pid
            self.endsGroup = endsGroup
        }

        /// Waits for the end without giving the id back, then gives it back where no signal can be on its way.
        func collect() -> Ending {
            var seen = siginfo_t()
            while waitid(P_PID, id_t(pid), &seen, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            return status.withLock { status in
                if let status { return Ending(status: status) }
                // As long as the end is not collected the id, and with it the group's, is nobody else's.
                if endsGroup { kill(-pid, SIGKILL) }
                var found: Int32 = 0
                while waitpid(pid, &found, 0) < 0, errno == EINTR {}
                status = found
                return Ending(status: found)
            }
        }

        func signal(_ number: Int32, toGroup: Bool = false) {
            status.withLock { if $0 == nil { _ = kill(toGroup ? -pid : pid, number) } }
        }
    }
}
