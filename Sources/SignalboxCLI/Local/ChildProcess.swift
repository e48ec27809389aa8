import Foundation
import Glibc

/// A program started by this one, in a process group of its own: a key pressed in the terminal reaches only this
/// process, which then stops the others in order.
struct ChildProcess: Sendable {
    /// How a process ended.
    enum Ending: Sendable, Equatable, CustomStringConvertible {
        /// By itself.
        case exit(Int32)
        /// By a signal.
        case signal(Int32)

        var description: String {
            switch self {
            case .exit(let code): "ended with exit status \(code)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    /// The process id.
    let pid: Int32
    private let ending: Task<Ending, Never>

    /// Starts a program whose output goes to the end of a log.
    ///
    /// - Throws: ``CommandError`` `local_process`.
    init(_ program: String, environment: [String: String], log: String) throws(CommandError) {
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw CommandError(.fileUnusable, "\(log): \(String(cString: strerror(errno)))") }
        defer { close(output) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        // A listening socket that a function inherits would outlive this process.
        for file in Self.openFiles() where file > STDERR_FILENO { posix_spawn_file_actions_addclose(&actions, file) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.setUp(&attributes)
        var argv: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, &argv, &envp)
        guard failure == 0 else {
            throw CommandError(.localProcess, "\(program) cannot be started: \(String(cString: strerror(failure)))")
        }
        self.pid = pid
        ending = Self.wait(for: pid)
    }

    /// Waits for its end.
    func wait() async -> Ending { await ending.value }

    /// Sends a signal; the id stays ours until the end has been waited for.
    func signal(_ number: Int32) { kill(pid, number) }

    private static func setUp(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// A thread of its own waits: the system has no call that would not block.
    private static func wait(for pid: pid_t) -> Task<Ending, Never> {
        Task {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    var status: Int32 = 0
                    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                    // The macros of wait(2), which Swift does not import.
                    let number = status & 0x7F
                    continuation.resume(returning: number == 0 ? .exit(status >> 8 & 0xFF) : .signal(number))
                }
            }
        }
    }

    private static func openFiles() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }
    }
}
