import Foundation
import Testing
import Training
import Wire

@Suite struct TensorBoardTests {
    @Test func tensorBoardReadsTheCurves() throws {
        let folder = try TemporaryFolder()
        let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 500_000_000)
        var bytes = TensorBoardEvents.fileVersion(at: time)
        for step in 1...300 { bytes += TensorBoardEvents.scalar("loss/train", 1 / Float(step), step: step, at: time) }
        bytes += TensorBoardEvents.scalar("loss/validation", 0.25, step: 300, at: time)
        let name = TensorBoardEvents.fileName(at: time, host: "robot-1")
        #expect(name == "events.out.tfevents.1700000000.robot-1")
        try Data(bytes).write(to: URL(filePath: "\(folder.path)/\(name)"))
        let script = """
            import sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
            events.Reload()
            print(sorted(events.Tags()["scalars"]))
            train = events.Scalars("loss/train")
            print(len(train), train[0].wall_time, train[0].step, train[-1].step, round(train[3].value, 6))
            print(events.Scalars("loss/validation")[0].value, events.FirstEventTimestamp())
            """
        let output = try Repository.run(Repository.python(), ["-c", script, folder.path])
        #expect(
            output == """
                ['loss/train', 'loss/validation']
                300 1700000000.5 1 300 0.25
                0.25 1700000000.5

                """
        )
    }

    @Test func fileVersionIsTheFirstRecord() {
        let record = TensorBoardEvents.fileVersion(at: Timestamp(seconds: 0))
        // Eight bytes of length, four of checksum, then wall_time and the version's text.
        #expect(record[0] == 24 && record[1..<8].allSatisfy { $0 == 0 })
        #expect(String(decoding: record[23..<36], as: UTF8.self) == "brain.Event:2")
        #expect(record.count == 8 + 4 + 24 + 4)
    }
}
