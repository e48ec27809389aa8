import Foundation
import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import ComputeTiers

/// A local tier in a folder of its own, with a shell script for a trainer. What it started ends with it.
final class LocalBench: Sendable {
    let folder: String

    init() throws {
        var template = Array("/tmp/signalbox-tier-XXXXXX".utf8CString)
        folder = String(cString: try #require(mkdtemp(&template)))
        try FileIO.makeFolder(folder + "/bin")
    }

    deinit {
        for run in (try? FileIO.names(in: runs)) ?? [] { (try? process(run))?.killSession() }
        try? FileIO.removeFolder(folder)
    }

    /// The runs' folder.
    var runs: String { folder + "/runs" }

    /// A tier whose trainer is a script; `$FOLDER` is the bench's folder.
    func tier(script: String = "exit 0") throws -> LocalTier {
        try program("trainer", script)
        return tier(later: .zero)
    }

    /// A tier with the trainer that is there, and a clock that is ahead.
    func tier(later: Duration) -> LocalTier { tier(trainer: folder + "/bin/trainer", later: later) }

    func tier(trainer: String, later: Duration = .zero) -> LocalTier {
        LocalTier(
            runsFolder: runs,
            trainer: trainer,
            environment: ["PATH": folder + "/bin:/usr/bin:/bin", "PORT": "1", "FOLDER": folder],
            clock: ShiftedClock(offset: later)
        )
    }

    /// Makes a script that tiers find before the system's programs.
    func program(_ name: String, _ script: String) throws {
        try FileIO.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "\(folder)/bin/\(name)", permissions: 0o755)
    }

    /// Holds every run between its claim and its record, where the shell calls cut(1): it says so with the file `held`
    /// and goes on with the file `go`.
    func holdBetweenClaimAndRecord() throws {
        let wait = #"while [ ! -e "$FOLDER/go" ]; do sleep 0.02; done"#
        try program("cut", #": > "$FOLDER/held"; "# + wait + #"; exec /usr/bin/cut "$@""#)
    }

    /// Whether ``childInOwnGroup`` works here; on a build machine it has to.
    static var hasGroups: Bool { access("/bin/bash", X_OK) == 0 || TestMachine.isCI }

    /// Starts a process that SIGTERM does not end, in a group of its own, as a supervisor would; its id is in `child`.
    static let childInOwnGroup = #"""
        bash -c 'set -m; sh -c "trap \"\" TERM; echo \$\$ > $FOLDER/child; sleep 60" & wait' &
        while [ ! -s "$FOLDER/child" ]; do sleep 0.02; done
        """#

    static func order(
        _ attempt: Int = 1,
        place: Place = Place(tier: "local"),
        bucket: String = "training",
        runSecondsMax: Int = 600
    ) -> RunOrder {
        RunOrder(
            jobID: "job-1",
            attempt: attempt,
            robotID: "robot-1",
            spec: ObjectName(bucket: bucket, name: "jobs/job-1/spec.json"),
            place: place,
            runSecondsMax: runSecondsMax
        )
    }

    func has(_ file: String) -> Bool { access("\(folder)/\(file)", F_OK) == 0 }

    func text(_ file: String) throws -> String {
        String(decoding: try FileIO.read("\(folder)/\(file)", bytesMax: 1 << 20), as: UTF8.self)
    }

    func write(_ text: String, _ file: String) throws { try FileIO.write(Array(text.utf8), to: "\(folder)/\(file)") }

    /// The process that leads a run's session.
    func process(_ run: String) throws -> ProcessIdentity {
        let line = try text("runs/\(run)/process")
        return try #require(ProcessIdentity(line))
    }

    /// Waits until a file is there.
    func appears(_ file: String) async throws {
        try await becomes("\(file) is there") { self.has(file) }
    }

    /// Waits until something holds.
    func becomes(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<1000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("never: \(what)")
    }

    /// Waits until a run is over.
    func end(of handle: String, _ tier: LocalTier) async throws -> RunState {
        var state = try await tier.inspect(handle)
        for _ in 0..<1000 where state.isAlive {
            try await Task.sleep(for: .milliseconds(20))
            state = try await tier.inspect(handle)
        }
        return state
    }

    /// The code with which something is refused; nil where it is not.
    static func refusal(_ body: () async throws(TierError) -> Void) async -> TierError.Code? {
        do throws(TierError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }
}

/// The machine's clock, ahead.
struct ShiftedClock: Clock {
    var offset: Duration

    func now() -> Timestamp { SystemClock().now() + offset }

    func sleep(for duration: Duration) async throws { try await SystemClock().sleep(for: duration) }
}

extension RunState {
    /// The detail of one that ended or was lost.
    var detail: String {
        switch self {
        case .ended(let detail), .lost(let detail): detail
        default: ""
        }
    }

    /// Whether the trainer ended.
    var isEnded: Bool {
        if case .ended = self { return true }
        return false
    }
}
