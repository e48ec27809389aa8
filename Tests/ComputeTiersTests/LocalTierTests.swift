import ComputeTiers
import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

/// The local tier with real processes: a shell script stands in for the trainer.
@Suite final class LocalTierTests: Sendable {
    private let folder: String

    init() throws {
        var template = Array("/tmp/signalbox-tier-XXXXXX".utf8CString)
        folder = String(cString: try #require(mkdtemp(&template)))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func tier(script: String) throws -> LocalTier {
        let trainer = folder + "/trainer"
        try FileIO.write(Array("#!/bin/sh\n\(script)\n".utf8), to: trainer, permissions: 0o755)
        let environment = ["PATH": "/usr/bin:/bin", "PORT": "1", "FOLDER": folder]
        return LocalTier(runsFolder: folder + "/runs", trainer: trainer, environment: environment, clock: SystemClock())
    }

    private func order(_ attempt: Int = 1) -> RunOrder {
        RunOrder(
            name: RunOrder.name(jobID: "job-1", attempt: attempt),
            spec: ObjectName(bucket: "training", name: "jobs/job-1/spec.json"),
            labels: [:]
        )
    }

    private func eventually(_ state: RunState, _ tier: LocalTier, _ handle: String) async throws -> RunState {
        var last = try await tier.inspect(handle)
        for _ in 0..<200 where last != state {
            try await Task.sleep(for: .milliseconds(50))
            last = try await tier.inspect(handle)
        }
        return last
    }

    @Test func runsToItsEndInASessionOfItsOwn() async throws {
        let tier = try tier(
            script: #"echo "$@" port=${PORT:-none} > "$FOLDER/seen"; ps -o sid= -p $$ > "$FOLDER/session"; exit 3"#
        )
        let handle = try await tier.launch(order())
        #expect(handle == "signalbox-job-1-a1")
        let ended = RunState.ended(detail: "the trainer ended with exit status 3")
        #expect(try await eventually(ended, tier, handle) == ended)
        let seen = String(decoding: try FileIO.read(folder + "/seen", bytesMax: 1000), as: UTF8.self)
        #expect(seen == "--spec gs://training/jobs/job-1/spec.json port=none\n")
        let session = String(decoding: try FileIO.read(folder + "/session", bytesMax: 100), as: UTF8.self)
        #expect(Int32(session.filter { !$0.isWhitespace }) != getsid(0))
    }

    @Test func launchingTwiceRunsOnce() async throws {
        let tier = try tier(script: #"echo run >> "$FOLDER/runs.txt"; sleep 0.3"#)
        async let first = tier.launch(order())
        async let second = tier.launch(order())
        let handles = try await [first, second, tier.launch(order())]
        #expect(Set(handles).count == 1)
        let ended = RunState.ended(detail: "the trainer ended with exit status 0")
        #expect(try await eventually(ended, tier, handles[0]) == ended)
        #expect(try FileIO.read(folder + "/runs.txt", bytesMax: 100) == Array("run\n".utf8))
    }

    @Test func isFoundByNameOnlyWhenItWasLaunched() async throws {
        let tier = try tier(script: "exit 0")
        #expect(try await tier.find(order().name) == nil)
        #expect(try await tier.inspect(order().name) == .gone)
        let handle = try await tier.launch(order())
        #expect(try await tier.find(order().name) == handle)
        #expect(try await tier.find(order(2).name) == nil)
    }

    @Test func cancelLetsTheTrainerCheckpointAndReportsPreemption() async throws {
        let tier = try tier(script: #"trap 'exit 75' TERM; echo up > "$FOLDER/up"; while :; do sleep 0.05; done"#)
        let handle = try await tier.launch(order())
        for _ in 0..<200 where access(folder + "/up", F_OK) != 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await tier.inspect(handle) == .running)
        try await tier.cancel(handle)
        #expect(try await eventually(.preempted, tier, handle) == .preempted)
    }

    @Test func aKilledSessionIsNoticed() async throws {
        let tier = try tier(script: "sleep 30")
        let handle = try await tier.launch(order())
        let process = try FileIO.read("\(folder)/runs/\(handle)/process", bytesMax: 1000)
        let id = try #require(pid_t(String(decoding: process, as: UTF8.self).split(separator: " ")[0]))
        kill(-id, SIGKILL)
        let vanished = RunState.ended(detail: "the trainer's process vanished without an exit status")
        #expect(try await eventually(vanished, tier, handle) == vanished)
    }

    @Test func aRestartOfTheMachineIsNoticed() async throws {
        let tier = try tier(script: "sleep 0.2")
        let handle = try await tier.launch(order())
        let ended = RunState.ended(detail: "the trainer ended with exit status 0")
        #expect(try await eventually(ended, tier, handle) == ended)
        unlink("\(folder)/runs/\(handle)/exit")
        try FileIO.write(Array("\(getpid()) 1 another-boot\n".utf8), to: "\(folder)/runs/\(handle)/process")
        #expect(try await tier.inspect(handle) == .ended(detail: "the machine was restarted"))
    }

    @Test func aMissingTrainerIsRefusedByName() async throws {
        let tier = LocalTier(runsFolder: folder, trainer: "/nowhere/trainer", environment: [:], clock: SystemClock())
        await #expect(throws: TierError.self) { try await tier.launch(order()) }
    }
}
