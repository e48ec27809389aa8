import Testing
import Training
import Wire

@Suite struct TensorBoardTests {
    /// A clock that stands still.
    private struct StoppedClock: Clock {
        func now() -> Timestamp { Timestamp(seconds: 1_700_000_000, nanoseconds: 500_000_000) }
        func sleep(for duration: Duration) async throws {}
    }

    @Test func tensorBoardReadsTheCurves() throws {
        let folder = try TemporaryFolder()
        let writer = try TensorBoardWriter(folder: folder.path, host: "robot-1", clock: StoppedClock())
        for step in 1...300 { try writer.scalar("loss/train", 1 / Double(step), step: step) }
        try writer.scalar("loss/validation", 0.25, step: 300)
        #expect(writer.path == "\(folder.path)/events.out.tfevents.1700000000.robot-1")
        let script = """
            import sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
            events.Reload()
            print(events.file_version if hasattr(events, "file_version") else "", sorted(events.Tags()["scalars"]))
            train = events.Scalars("loss/train")
            print(len(train), train[0].wall_time, train[0].step, train[-1].step, round(train[3].value, 6))
            print(events.Scalars("loss/validation")[0].value, events.FirstEventTimestamp())
            """
        let output = try Repository.run(Repository.python(), ["-c", script, folder.path])
        #expect(output.contains("['loss/train', 'loss/validation']"))
        #expect(output.contains("300 1700000000.5 1 300 0.25"))
        #expect(output.contains("0.25 1700000000.5"))
    }

    @Test func fileVersionIsTheFirstRecord() {
        let record = TensorBoardEvents.fileVersion(at: Timestamp(seconds: 0))
        // Eight bytes of length, four of checksum, then wall_time and the version's text.
        #expect(record[0] == 24 && record[1..<8].allSatisfy { $0 == 0 })
        #expect(String(decoding: record[23..<36], as: UTF8.self) == "brain.Event:2")
        #expect(record.count == 8 + 4 + 24 + 4)
    }

    @Test func aFolderThatIsMissingIsAnError() {
        let error = #expect(throws: TrainingError.self) {
            _ = try TensorBoardWriter(folder: "/nonexistent/folder", host: "h", clock: StoppedClock()).path
        }
        #expect(error?.code == .fileUnwritable)
    }
}
