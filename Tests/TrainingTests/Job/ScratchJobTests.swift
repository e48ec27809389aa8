import Glibc
import SignalboxCore
import Testing

@testable import Training

@Suite("A run whose scratch folder is full") struct ScratchJobTests {
    @Test("ends by the machine's fault, and the job goes on where there is room")
    func fullDisk() async throws {
        let world = try await TrainerWorld()
        let full = ScratchFolder("/scratch", valuesHeldMax: 10)
        guard case .ended(let message) = try await world.run(scratch: full) else {
            Issue.record("it did not end so")
            return
        }
        #expect(message.hasPrefix("/scratch: No such file or directory; ") && message.contains("TMPDIR"))
        #expect(try await world.job().failure == nil)
        let folder = try TemporaryFolder()
        let filling = ScratchFolder(folder.path, valuesHeldMax: 10) { _, _, _ in
            errno = ENOSPC
            return -1
        }
        guard case .ended(let message) = try await world.run(scratch: filling) else {
            Issue.record("it did not end so")
            return
        }
        #expect(message.hasPrefix("\(folder.path): No space left on device; ") && message.contains("TMPDIR"))
        #expect(try await world.job().failure == nil)
        try await world.giveUp()
        try await world.launch()
        guard case .completed = try await world.run(scratch: ScratchFolder(folder.path, valuesHeldMax: 10)) else {
            Issue.record("it did not complete")
            return
        }
    }
}
