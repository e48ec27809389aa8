@testable import ComputeTiers
import Foundation
import SignalboxCore
import SignalboxTesting
import Testing

/// The scripts of machines, run for real with stand-ins for Docker and curl.
@Suite struct MachineScriptTests {
    private static let deletion = "https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances/i"

    private func scripts(
        _ machine: StubMachine,
        variables: [String: String] = [:],
        arguments: [String] = ["--spec", "gs://training/spec.json"],
        hasGPU: Bool = false,
        isSpot: Bool = true,
        seconds: Int = 3600
    ) throws -> MachineScripts {
        let environment = ReportShelf.variables.merging(variables) { $1 }
        return MachineScripts(
            run: machine.run,
            container: try TrainerContainer(Environment(environment)),
            arguments: arguments,
            options: [],
            hasGPU: hasGPU,
            isSpot: isSpot,
            runSecondsMax: seconds,
            report: ObjectName(bucket: "training", name: "jobs/a b/attempt-1/exit.txt"),
            deletionURL: Self.deletion
        )
    }

    /// What every course of a run has in common: it is reported, the machine deletes itself, and no secret is left.
    private func check(_ outcome: StubMachine.Outcome, on machine: StubMachine, report: String) throws {
        #expect(outcome.report == report)
        let deletion = outcome.calls.filter { $0.hasPrefix("curl") && $0.contains("DELETE \(Self.deletion)") }
        #expect(deletion.count == 1, "\(outcome.calls)")
        #expect(!machine.hasScratch)
        #expect(!outcome.output.contains(StubMachine.token))
        #expect(!outcome.calls.contains { $0.hasPrefix("the sign-in") })
        #expect(try machine.files().allSatisfy { !$0.contains(StubMachine.token) })
        #expect(outcome.calls.allSatisfy { !$0.hasPrefix("shutdown") })
    }

    @Test(arguments: [0, 1, 75, 137]) func theTrainersStatusIsReported(status: Int) async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let outcome = try await machine.run(try scripts(machine).startup, status: status)
        try check(outcome, on: machine, report: "ended \(status)\nthe last words\n")
        let upload =
            "https://storage.googleapis.com/upload/storage/v1/b/training/o"
            + #"\?uploadType=media\&ifGenerationMatch=0\&name=jobs%2Fa%20b%2Fattempt-1%2Fexit.txt"#
        #expect(outcome.calls.contains { $0.hasPrefix("curl") && $0.hasSuffix(upload) })
        #expect(outcome.calls.contains { $0.contains("docker login") && $0.hasSuffix("https://us-docker.pkg.dev") })
        let names = outcome.arguments.prefix { $0 != "--stop-timeout" }
        #expect(Array(names) == ["run", "--detach", "--name", machine.run, "--log-driver", "gcplogs"])
        #expect(
            outcome.arguments.suffix(4) == [
                "us-docker.pkg.dev/robots/signalbox/trainer:1", "--spec", "gs://training/spec.json", "",
            ]
        )
        #expect(outcome.arguments.contains("SIGNALBOX_MODEL_KEY=projects/robots/secrets/model-key/versions/3"))
    }

    @Test func preemptionStopsTheTrainerInOrder() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let outcome = try await machine.run(try scripts(machine).startup, .preempted)
        try check(outcome, on: machine, report: "preempted 75\nthe last words\n")
        #expect(outcome.calls.contains("docker stop -t 20 \(machine.run)"))
    }

    @Test func aSignalStopsTheTrainerInOrder() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let outcome = try await machine.run(try scripts(machine, isSpot: false).startup, .terminated)
        try check(outcome, on: machine, report: "stopped 75\nthe last words\n")
        #expect(outcome.calls.contains("docker stop -t 80 \(machine.run)"))
    }

    @Test func aTrainerThatRunsOnUnwatchedIsLost() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let outcome = try await machine.run(try scripts(machine).startup, .unwatched)
        try check(outcome, on: machine, report: "lost 1\nthe last words\n")
    }

    @Test func theTimeLimitStopsTheTrainerInOrder() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let outcome = try await machine.run(try scripts(machine, seconds: 1).startup, .goesOn)
        try check(outcome, on: machine, report: "limit 75\nthe last words\n")
    }

    @Test func aSecondStartRunsNoSecondTrainer() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        try machine.mark("container")
        let outcome = try await machine.run(try scripts(machine).startup)
        try check(outcome, on: machine, report: "restarted 1\nthe last words\n")
        #expect(!outcome.calls.contains { $0.hasPrefix("docker run") })
    }

    @Test(arguments: [("has-no-image", "Error: manifest unknown\n"), ("has-no-docker", "no Docker on this image\n")])
    func whatDoesNotStartIsReported(mark: String, words: String) async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        try machine.mark(mark)
        let outcome = try await machine.run(try scripts(machine).startup)
        try check(outcome, on: machine, report: "unstarted 1\n\(words)")
        #expect(!outcome.calls.contains { $0.hasPrefix("docker run") })
    }

    @Test func anAccountThatMayNotLogStillTrains() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        try machine.mark("has-no-logging")
        let outcome = try await machine.run(try scripts(machine).startup)
        try check(outcome, on: machine, report: "ended 0\nthe last words\n")
        #expect(outcome.arguments.contains("local"))
    }

    @Test func aMachineThatMayNotDeleteItselfTurnsItselfOff() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        try machine.mark("refuses-deletion")
        try machine.mark("refuses-report")
        let outcome = try await machine.run(try scripts(machine).startup)
        #expect(outcome.report == nil)
        #expect(outcome.calls.filter { $0.contains("DELETE") }.count == MachineScripts.deletionsMax)
        #expect(outcome.calls.last == "shutdown -h now")
    }

    @Test func acceleratorsAreHandedOn() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        try machine.install("nvidia-smi", "")
        let outcome = try await machine.run(try scripts(machine, hasGPU: true).startup)
        #expect(outcome.arguments.contains("--gpus"))

        let optimised = try StubMachine()
        defer { optimised.remove() }
        try optimised.install("cos-extensions", "")
        try optimised.install("mount", "")
        let second = try await optimised.run(try scripts(optimised, hasGPU: true).startup)
        #expect(second.arguments.contains("/var/lib/nvidia/lib64:/usr/local/nvidia/lib64"))
        #expect(second.calls.contains("cos-extensions install gpu"))

        let broken = try StubMachine()
        defer { broken.remove() }
        try broken.install("cos-extensions", "echo 'no driver' >&2; exit 1")
        let third = try await broken.run(try scripts(broken, hasGPU: true).startup)
        try check(third, on: broken, report: "unstarted 1\nno driver\n")
    }

    @Test func everyValueIsOneWord() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let hostile = "a'b\"c $(touch \"$STUB/broken\") `id`; rm -rf x & \\ \n${IFS}*~ü/"
        let scripts = try scripts(
            machine,
            variables: ["SIGNALBOX_PREFIX": hostile],
            arguments: ["--spec", "gs://training/\(hostile)"]
        )
        let outcome = try await machine.run(scripts.startup)
        try check(outcome, on: machine, report: "ended 0\nthe last words\n")
        #expect(outcome.arguments.contains("SIGNALBOX_PREFIX=\(hostile)"))
        #expect(outcome.arguments.dropLast().last == "gs://training/\(hostile)")
        #expect(!FileManager.default.fileExists(atPath: machine.folder.appending(path: "broken").path))
    }

    @Test func theShutdownScriptStopsTheTrainer() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let outcome = try await machine.run(try scripts(machine).shutdown)
        #expect(outcome.status == 0)
        #expect(outcome.calls == ["docker stop -t 20 \(machine.run)"])
    }

    @Test func imagesOfOtherRegistriesNeedNoSignIn() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        let scripts = try scripts(machine, variables: ["SIGNALBOX_TRAINER_IMAGE": "ghcr.io/robots/trainer:1"])
        let outcome = try await machine.run(scripts.startup)
        try check(outcome, on: machine, report: "ended 0\nthe last words\n")
        #expect(!outcome.calls.contains { $0.contains("docker login") })
    }

    @Test func bashReadsThem() async throws {
        let machine = try StubMachine()
        defer { machine.remove() }
        for isSpot in [true, false] {
            let scripts = try scripts(machine, variables: ["SIGNALBOX_PREFIX": "it's\n/"], isSpot: isSpot)
            for (shell, text) in [("bash", scripts.startup), ("bash", scripts.shutdown), ("sh", scripts.shutdown)] {
                let (status, output) = try await ReferenceTools.run(
                    "/usr/bin/env",
                    [shell, "-n"],
                    input: Array(text.utf8)
                )
                #expect(status == 0, "\(output)")
            }
        }
    }

    static let hasShellcheck = FileManager.default.isExecutableFile(atPath: "/usr/bin/shellcheck")
    static let isCI = TestMachine.isCI

    @Test(.enabled(if: hasShellcheck || isCI, "shellcheck is not installed")) func shellcheckFindsNothing() async throws
    {
        let machine = try StubMachine()
        defer { machine.remove() }
        let scripts = try scripts(machine, hasGPU: true)
        for text in [scripts.startup, scripts.shutdown] {
            // Functions that traps call look unreachable to it.
            let arguments = ["shellcheck", "--shell=bash", "--exclude=SC2317", "-"]
            let (status, output) = try await ReferenceTools.run("/usr/bin/env", arguments, input: Array(text.utf8))
            #expect(status == 0, "\(output)")
        }
    }
}
