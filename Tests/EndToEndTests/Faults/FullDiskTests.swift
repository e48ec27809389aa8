import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// A machine whose disk is full while data are unpacked, and while a training command writes its checkpoints.
    @Suite struct FullDiskTests {
        @Test func whatWasKeptIsGoneOnFrom() async throws {
            try await WorkFolder.with { disk in
                let folder = disk / "disk"
                var settings = try await settings(folder)
                settings["SIGNALBOX_TRAINER_COMMAND"] = try await TrainerKillTests.command(
                    slowWhile: "[ -e '\(folder).slow' ]"
                )
                try await LocalStack.with(settings: settings) { stack in
                    try fill(folder, true)
                    try FileIO.write([], to: folder + ".slow")
                    let training = try TrainerKillTests.training(.command, in: stack)
                    let id = try await stack.upload(try await stack.package(of: "robot-1", 24, training))
                    // No room for the data: this machine's trouble, another attempt may have it better.
                    try await eventually("the next attempt begins") {
                        _ = try await stack.post("scheduled-prune", ["task": "sweep"])
                        let job = try await stack.job(id)
                        if job.attempt > 1 { try fill(folder, false) }
                        return !(try await stack.checkpoints(of: id, attempt: job.attempt)).isEmpty
                    }
                    let resumed = try await stack.job(id)
                    #expect(!resumed.recoveries.isEmpty)
                    #expect(resumed.recoveries.allSatisfy { $0.cause == .runEnded }, "\(resumed.recoveries)")
                    // No room for checkpoints: the command fails, and so does the job; or the trainer ends, attempt
                    // after attempt, for it cannot unpack what they need.
                    try fill(folder, true)
                    let failed = try await eventually("the job is over") { () -> Job? in
                        _ = try await stack.post("scheduled-prune", ["task": "sweep"])
                        let job = try await stack.job(id)
                        return job.phase.isTerminal ? job : nil
                    }
                    #expect(failed.phase == .failed)
                    let codes: [JobFailureCode] = [.engineFailed, .attemptsExhausted]
                    #expect(failed.failure.map { codes.contains($0.code) } == true)
                    #expect(failed.failure?.message.contains("No space left on device") == true, "\(failed)")
                    // What it had kept is not lost.
                    try fill(folder, false)
                    try FileManager.default.removeItem(atPath: folder + ".slow")
                    _ = try await stack.succeed("jobs", "retry", id)
                    try await eventually("the job is over") {
                        let job = try await stack.job(id)
                        try #require(job.phase != .failed || job.attempt == failed.attempt, "\(job)")
                        return job.phase == .completed
                    }
                    let attempt = try await stack.job(id).attempt
                    let text = try await stack.text("logs/\(id)/trainer-attempt-\(attempt).log")
                    #expect(text.contains("\"resuming from step"), "\(text)")
                }
            }
        }

        /// Data that are too many for memory need the disk, nothing else of an engine's run does.
        @Test func aRunOfTheEngineNeedsRoomForItsDataAlone() async throws {
            try await WorkFolder.with { disk in
                let (folder, source) = (disk / "disk", disk / "episodes")
                for number in 0..<2 { try Self.writeImages("episode-\(number)", under: source) }
                try await LocalStack.with(settings: try await settings(folder)) { stack in
                    try fill(folder, true)
                    let model = ["--model-type", "ordinal", "--preset", "image"]
                    let training = model + ["--epochs", "2", "--checkpoint-every-steps", "10"]
                    let id = try await stack.upload(try await stack.package(of: "robot-1", source, training))
                    let attempt = try await eventually("an attempt has kept a checkpoint") { () -> Int? in
                        _ = try await stack.post("scheduled-prune", ["task": "sweep"])
                        let job = try await stack.job(id)
                        try #require(!job.phase.isTerminal, "\(job)")
                        if job.attempt > 1 { try fill(folder, false) }
                        return try await stack.checkpoints(of: id, attempt: job.attempt).isEmpty ? nil : job.attempt
                    }
                    try fill(folder, true)
                    let job = try await stack.finished(id)
                    try #require(job.phase == .completed, "\(String(describing: job.failure))")
                    #expect(job.attempt == attempt && job.recoveries.count == attempt - 1)
                    #expect(!job.recoveries.isEmpty)
                    for recovery in job.recoveries {
                        #expect(recovery.cause == .runEnded)
                        #expect(recovery.evidence.contains("No space left on device"), "\(recovery.evidence)")
                    }
                    let steps = try #require(job.result).steps
                    #expect(try await stack.measuredSteps(of: id) == Array(1...steps))
                }
            }
        }

        /// An episode of as many images as do not fit the trainer's memory with another one: 12,288 numbers each.
        private static func writeImages(_ id: String, under folder: String) throws {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(id)/steps", withIntermediateDirectories: true)
            let other = try FileIO.read("\(Repository.episodes)/ep_00000/metadata.json", bytesMax: 1 << 16)
            let metadata = String(decoding: other, as: UTF8.self).replacingOccurrences(of: "ep_00000", with: id)
            try FileIO.write(Array(metadata.utf8), to: "\(folder)/\(id)/metadata.json")
            let row = "[" + Array(repeating: "[9,8,7]", count: 64).joined(separator: ",") + "]"
            let image = "[" + Array(repeating: row, count: 64).joined(separator: ",") + "]"
            let seen = #""observation": {"image": \#(image)}"#
            let steps = (0..<350).map { index in
                #"{"step_index": \#(index), \#(seen), "step_metadata": {"label": \#(index % 5)}}"#
            }
            try FileIO.write(Array(steps.joined(separator: "\n").utf8), to: "\(folder)/\(id)/steps/0.jsonl")
        }

        /// Makes the folder, and has all programs work in it.
        private func settings(_ folder: String) async throws -> [String: String] {
            try FileIO.makeFolder(folder, permissions: 0o700)
            let disk = ["TMPDIR": folder, "FULL_DISK": folder, "LD_PRELOAD": try await Self.preload()]
            return LocalStack.shortLeases.merging(disk) { $1 }
        }

        private func fill(_ folder: String, _ isFull: Bool) throws {
            if isFull {
                try FileIO.write([], to: folder + ".full")
            } else if FileManager.default.fileExists(atPath: folder + ".full") {
                try FileManager.default.removeItem(atPath: folder + ".full")
            }
        }

        /// Compiles the library that makes writes fail.
        private static func preload() async throws -> String {
            let source = "\(Repository.root)/Tests/EndToEndTests/Faults/full_disk.c"
            let library = "\(Repository.root)/.build/full_disk.so"
            let words = ["/usr/bin/env", "clang", "-shared", "-fPIC", "-O1", "-o", library, source]
            let ending = await (try SpawnedProcess(words, environment: ProcessEnvironment.current())).wait()
            try #require(ending == .exit(0), "clang \(source): \(ending)")
            return library
        }
    }
}
