import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("The newest checkpoint of a run") struct CheckpointStoreTests {
    private typealias Shelf = CheckpointKeeperTests.Shelf
    private typealias Stored = CheckpointKeeperTests.Stored

    @Test("is found behind other runs' newer ones, whose states nobody fetches")
    func behindOthers() async throws {
        let shelf = try await Shelf()
        let others = CheckpointStore.triedMax + 4
        for step in 1...3 { try await shelf.save(Stored(step: step), shelf.store()) }
        for step in 100..<100 + others {
            try await shelf.save(Stored(step: step, fingerprint: "two"), shelf.store())
        }
        let read = Mutex<[String]>([])
        let objects = ObservedObjectStore(
            shelf.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                if case .read(let name) = call { read.withLock { $0.append(name.name) } }
            }
        )
        var reasons: [String] = []
        let store = shelf.store(attempt: 2, in: objects)
        let found = try await store.newest(of: "one") {
            $0.step
        } passOver: { _, reason in
            reasons.append(reason)
        }
        #expect(found == 3)
        let reason = "it is of another dataset, configuration or program"
        #expect(reasons == Array(repeating: reason, count: others))
        let states = read.withLock { $0 }.filter { $0.hasSuffix(".zip") }
        #expect(states == [shelf.store().stem(step: 3) + ".zip"])
    }

    @Test("is looked for among so many of the run's own, and so many in all")
    func limits() async throws {
        let shelf = try await Shelf()
        try await shelf.save(Stored(step: 1), shelf.store())
        for step in 2..<2 + CheckpointStore.triedMax { try await shelf.save(Stored(step: step), shelf.store()) }
        var tried = 0
        let none: Int? = try await shelf.store().newest(of: "one") { _ in
            tried += 1
            return nil
        }
        #expect(none == nil && tried == CheckpointStore.triedMax)
        for step in 100..<100 + CheckpointStore.lookedAtMax {
            try await shelf.save(Stored(step: step, fingerprint: "two"), shelf.store())
        }
        #expect(try await shelf.store().newest(of: "one") { $0.step } == nil)
    }
}
