@testable import ComputeTiers
import Foundation
import Glibc
import SignalboxCore
import Testing

/// A machine with stand-ins for Docker, curl and what else a script of ours calls, on which scripts really run.
///
/// Every call is written down; a trainer is a file with its exit status.
struct StubMachine {
    /// What the trainer does, and what happens to it.
    enum Course: String {
        /// It ends at once with the status that the machine is told.
        case ends
        /// It goes on until it is stopped, and then ends with 75.
        case goesOn
        /// It goes on, and the script itself is ended with SIGTERM.
        case terminated
        /// It goes on, and the provider gives notice.
        case preempted
        /// It goes on, and Docker is started again, which breaks off the wait for it.
        case unwatched
    }

    /// The token that the metadata server hands out.
    static let token = "ya29.top-secret-token"

    let folder: URL
    let run: String

    /// What came of a script.
    struct Outcome {
        let status: Int32
        let output: String
        /// The commands in order, their arguments as bash quotes them.
        let calls: [String]
        /// What was reported; nil: nothing.
        let report: String?
        /// What `docker run` was given.
        let arguments: [String]
    }

    init() throws {
        let hex = UUID().uuidString.replacing("-", with: "").lowercased()
        run = RunOrder.name(jobID: "job-\(hex)", attempt: 1)
        folder = FileManager.default.temporaryDirectory.appending(path: "signalbox-machine-\(hex)")
        try FileManager.default.createDirectory(at: folder.appending(path: "bin"), withIntermediateDirectories: true)
        for (name, text) in Self.commands { try install(name, text) }
    }

    /// Adds a command.
    func install(_ name: String, _ text: String) throws {
        let file = folder.appending(path: "bin/\(name)")
        // In one write: the two ends of a pipe are noted at the same time.
        let note = "call=$(printf '%q ' \(name) \"$@\"); echo \"$call\" >>\"$STUB/calls\""
        try Data("#!/bin/bash\n\(note)\n\(text)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    /// Sets a mark that a stand-in looks for: `refuses-deletion`, `has-no-image`, …
    func mark(_ name: String) throws { try Data().write(to: folder.appending(path: name)) }

    /// Runs a script to its end.
    func run(_ script: String, _ course: Course = .ends, status: Int = 0) async throws -> Outcome {
        let file = folder.appending(path: "script")
        try Data(script.utf8).write(to: file)
        let environment = [
            "PATH": "\(folder.path)/bin:/usr/bin:/bin", "STUB": folder.path, "TOKEN": Self.token,
            "COURSE": course.rawValue, "TRAINER_STATUS": String(status),
        ]
        let (code, output) = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try Self.bash(environment) }) }
        }
        return Outcome(
            status: code,
            output: output,
            calls: text("calls")?.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } ?? [],
            report: text("report"),
            arguments: text("arguments")?.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
                ?? []
        )
    }

    /// Runs the script of an environment on this thread.
    private static func bash(_ environment: [String: String]) throws -> (status: Int32, output: String) {
        // Threads of Swift's executors block all signals, and children inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "echo $$ >\"$STUB/pid\"; exec bash \"$STUB/script\""]
        process.environment = environment
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The files of the machine, by what is in them; without the stand-ins themselves.
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap { text($0) }
    }

    /// Whether anything is left in memory.
    var hasScratch: Bool { FileManager.default.fileExists(atPath: "/dev/shm/\(run)") }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private func text(_ name: String) -> String? {
        try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    private static let commands = [
        "sleep": "exec /bin/sleep 0.01",
        "shutdown": "",
        "curl": #"""
        url=${!#}
        body=
        authorised=
        for argument in "$@"; do
            case $argument in
                @-) [ "$(cat)" = "Authorization: Bearer $TOKEN" ] && authorised=1 ;;
                @*) body=${argument#@} ;;
            esac
        done
        case $url in
            */service-accounts/default/token)
                printf '{"access_token":"%s","expires_in":3599,"token_type":"Bearer"}' "$TOKEN" ;;
            */preempted*)
                /bin/sleep 0.02
                if [ -e "$STUB/notice" ]; then printf TRUE; else printf FALSE; fi ;;
            https://storage.googleapis.com/*)
                [ -n "$authorised" ] && [ ! -e "$STUB/refuses-report" ] || exit 22
                cp "$body" "$STUB/report" ;;
            *) [ -n "$authorised" ] && [ ! -e "$STUB/refuses-deletion" ] || exit 22 ;;
        esac
        """#,
        "docker": #"""
        case $1 in
            info) [ ! -e "$STUB/has-no-docker" ] ;;
            login)
                [ "$(cat)" = "$TOKEN" ] || exit 1
                mkdir -p "$DOCKER_CONFIG" && printf '%s' "$TOKEN" >"$DOCKER_CONFIG/config.json" ;;
            pull)
                [ ! -e "$STUB/has-no-image" ] || { echo 'Error: manifest unknown' >&2; exit 1; } ;;
            run)
                [ ! -e "/dev/shm/$4/docker" ] || echo 'the sign-in is still there' >>"$STUB/calls"
                case " $* " in
                    *' gcplogs '*) [ ! -e "$STUB/has-no-logging" ] || { echo 'no logging' >&2; exit 125; } ;;
                esac
                printf '%s\0' "$@" >"$STUB/arguments"
                : >"$STUB/container"
                case $COURSE in
                    ends) echo "$TRAINER_STATUS" >"$STUB/exit" ;;
                    preempted) : >"$STUB/notice" ;;
                esac ;;
            inspect)
                [ -e "$STUB/container" ] || exit 1
                [ "$2" = --format ] || exit 0
                if [ -e "$STUB/exit" ]; then echo "false $(cat "$STUB/exit")"; else echo 'true 0'; fi ;;
            wait)
                [ "$COURSE" != unwatched ] || exit 1
                [ "$COURSE" != terminated ] || kill -TERM "$(cat "$STUB/pid")"
                for _ in {1..1000}; do [ ! -e "$STUB/exit" ] || break; /bin/sleep 0.01; done ;;
            stop) [ -e "$STUB/exit" ] || echo 75 >"$STUB/exit" ;;
            logs) [ "$2" = --follow ] || echo 'the last words' ;;
            rm) rm -f "$STUB/container" ;;
        esac
        """#,
    ]
}
