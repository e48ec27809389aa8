import Foundation
import Glibc

/// A variable of the environment by which all processes are found that a test has started, directly or not, also those
/// that have become sessions of their own.
final class ProcessMark: Sendable {
    static let variable = "SIGNALBOX_TEST_RUN"

    let value = UUID().uuidString
    /// Never written to: the kernel closes it when the process of the tests ends, however it ends.
    private let leash: Int32

    /// A mark whose processes do not outlive the tests.
    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { throw POSIXError(.EMFILE) }
        leash = ends[1]
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.reaper, "sh", "\(Self.variable)=\(value)"]
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { close(leash) }

    /// Waits for the end of the pipe, then kills what has the mark.
    private static let reaper = #"""
        cat
        for folder in /proc/[0-9]*; do
            tr '\0' '\n' < "$folder/environ" | grep -qxF "$1" && kill -KILL "${folder#/proc/}"
        done
        """#

    /// The living processes with the mark; a zombie has no environment any more.
    func processes() -> [pid_t] {
        let mark = Array("\(Self.variable)=\(value)".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
        }
    }

    /// The programs of the living processes, for messages.
    func describe(_ processes: [pid_t]) -> String {
        processes.map { pid in
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return "\(pid) \(String(decoding: command.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self))"
        }.joined(separator: "; ")
    }

    /// Waits until none is left, then kills those that are.
    ///
    /// - Returns: what had to be killed.
    func end(withinSeconds seconds: Int) async -> String {
        do {
            try await eventually("the processes of the test end", withinSeconds: seconds) { processes().isEmpty }
            return ""
        } catch {
            let left = processes()
            let description = describe(left)
            for pid in left { kill(pid, SIGKILL) }
            return description
        }
    }
}
