import Foundation
import Glibc
import Synchronization

/// A program that a test runs, its output in two files.
final class ChildProcess: Sendable {
    /// How it ended.
    enum Ending: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    /// It could not be started.
    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    let pid: pid_t
    private let outputPath: String
    private let errorsPath: String
    /// Whether the id may be another process's by now.
    private let isCollected: SharedFlag
    private let ending: Task<Ending, Never>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - folder: where it works.
    ///   - log: the path, without ending, of the files for its output.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String],
        folder: String,
        log: String
    ) throws {
        outputPath = log + ".out"
        errorsPath = log + ".err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorsPath, flags, 0o600)
        // Sockets of the tests that a child inherits would stay open with it.
        let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        for file in files where file > STDERR_FILENO { posix_spawn_file_actions_addclose(&actions, file) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // env(1) goes into the folder and becomes the program.
        let words = ["/usr/bin/env", "-C", folder, program] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, words[0], &actions, &attributes, &argv, &envp)
        guard failure == 0 else { throw NotStarted(description: "\(program): \(String(cString: strerror(failure)))") }
        self.pid = pid
        let isCollected = SharedFlag()
        self.isCollected = isCollected
        ending = Self.wait(for: pid, isCollected)
    }

    /// Whether it has ended.
    var hasEnded: Bool { isCollected.isSet }

    /// What it wrote to standard output so far.
    var output: String { Self.text(outputPath) }

    /// What it wrote to standard error so far.
    var errors: String { Self.text(errorsPath) }

    /// Waits for its end.
    func wait() async -> Ending { await ending.value }

    /// Waits for its end; kills it when it takes too long.
    ///
    /// - Throws: ``Overdue``.
    func wait(_ what: String, withinSeconds seconds: Int = EndToEnd.waitSeconds) async throws -> Ending {
        let isLate = SharedFlag()
        let killer = Task {
            try await Task.sleep(for: .seconds(seconds))
            isLate.set()
            signal(SIGKILL)
        }
        let ending = await wait()
        killer.cancel()
        guard !isLate.isSet else { throw Overdue(what: "\(what) ends (\(errors))", seconds: seconds) }
        return ending
    }

    /// Sends a signal, if it has not ended.
    func signal(_ number: Int32) { isCollected.ifNotSet { _ = kill(pid, number) } }

    /// A thread of its own waits: the system has no call that would not block.
    private static func wait(for pid: pid_t, _ isCollected: SharedFlag) -> Task<Ending, Never> {
        Task {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    var information = siginfo_t()
                    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
                    var status: Int32 = 0
                    isCollected.set { waitpid(pid, &status, 0) }
                    // The macros of wait(2), which Swift does not import.
                    let number = status & 0x7F
                    continuation.resume(returning: number == 0 ? .exit(status >> 8 & 0xFF) : .signal(number))
                }
            }
        }
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// A flag that several threads see.
final class SharedFlag: Sendable {
    private let flag = Mutex(false)

    var isSet: Bool { flag.withLock { $0 } }

    /// Sets it; what is done meanwhile is done before anybody sees it.
    func set(_ body: () -> Void = {}) {
        flag.withLock { flag in
            body()
            flag = true
        }
    }

    /// Does something that must not happen once it is set.
    func ifNotSet(_ body: () -> Void) { flag.withLock { if !$0 { body() } } }
}
