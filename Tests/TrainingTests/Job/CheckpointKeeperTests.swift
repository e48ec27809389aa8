import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("Kept checkpoints") struct CheckpointKeeperTests {
    /// A checkpoint without a run.
    struct Stored: StoredCheckpoint {
        var step: Int
        var validationLoss: Double?
        var fingerprint = "one"

        func encoded() -> (state: [UInt8], description: JSON) {
            var members: [String: JSON] = ["fingerprint": .string(fingerprint)]
            members["validation_loss"] = validationLoss.map(JSON.double)
            return (Array("state of \(step)".utf8), .object(members))
        }
    }

    /// The checkpoints of one job.
    struct Shelf {
        let objects: MemoryObjectStore
        let spec: JobSpec

        init(_ faults: FaultPlan = .none) async throws {
            objects = MemoryObjectStore(clock: ManualClock(), faults: faults)
            spec = JobSpec(job: try await TrainerWorld().job())
        }

        func store(
            attempt: Int = 1,
            runner: String = "a",
            in objects: (any ObjectStore)? = nil
        ) -> CheckpointStore {
            var spec = spec
            spec.attempt = attempt
            return CheckpointStore(
                objects: objects ?? self.objects,
                layout: TrainerWorld.layout,
                spec: spec,
                runner: runner,
                kind: .archive
            )
        }

        func save(_ checkpoint: Stored, _ store: CheckpointStore) async throws {
            let (state, description) = checkpoint.encoded()
            try await store.save(step: checkpoint.step, state: state, description: description)
        }

        /// Has an attempt keep checkpoints, each before the next.
        func keep(_ all: [Stored], attempt: Int = 1, from step: Int? = nil) async throws {
            let keeper = CheckpointKeeper(store: store(attempt: attempt), prepare: { true }, log: { _, _ in })
            await keeper.goOn(from: step)
            for checkpoint in all {
                try await keeper.keep(checkpoint)
                #expect(try await keeper.settle() == checkpoint.step)
            }
        }

        /// `step attempt`, or the whole name of what has no description, in order.
        func names() async throws -> [String] {
            let prefix = TrainerWorld.layout.checkpoints(jobID: spec.jobID)
            let bucket = TrainerWorld.layout.trainingBucket
            let names = try await objects.listAll(bucket: bucket, prefix: prefix).map {
                String($0.name.name.dropFirst(prefix.count + "step-".count))
            }
            let described = names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }
            let states = names.filter { $0.hasSuffix(".zip") }.map { String($0.dropLast(".zip".count)) }
            #expect(names.count == described.count + states.count)
            return Set(described + states).sorted().map { stem in
                guard described.contains(stem), states.contains(stem) else { return stem }
                let parts = stem.split(separator: "/")
                return "\(Int(parts[0]) ?? -1) \(parts[1])"
            }
        }
    }

    /// Validation losses by step, and the steps that stay.
    static let runs: [([(Int, Double?)], [Int])] = [
        ([(5, nil), (10, nil), (15, nil), (20, nil)], [10, 15, 20]),
        ([(5, 0.1), (10, 0.4), (15, 0.3), (20, 0.2)], [5, 10, 15, 20]),
        ([(5, 0.3), (10, 0.1), (15, 0.3), (20, 0.2), (25, 0.4)], [10, 15, 20, 25]),
        // Of equal ones the first.
        ([(5, 0.1), (10, 0.1), (15, 0.3), (20, 0.2), (25, 0.2)], [5, 15, 20, 25]),
        ([(5, 0.4), (10, 0.3), (15, 0.2), (20, 0.1)], [10, 15, 20]),
        ([(5, nil), (10, 0.1), (15, nil), (20, nil), (25, nil)], [10, 15, 20, 25]),
        // The best one until a better one came.
        ([(5, 0.2), (10, 0.3), (15, 0.3), (20, 0.3), (25, 0.1)], [15, 20, 25]),
    ]

    @Test("are the last three and the best", arguments: runs.indices)
    func retention(row: Int) async throws {
        let shelf = try await Shelf()
        let (run, stay) = Self.runs[row]
        try await shelf.keep(run.map { Stored(step: $0.0, validationLoss: $0.1) })
        #expect(try await shelf.names() == stay.map { "\($0) attempt-1-a" })
    }

    @Test("are those of all attempts together")
    func attempts() async throws {
        let shelf = try await Shelf()
        let losses = [5: 0.1, 10: 0.5, 15: 0.4, 20: 0.3]
        try await shelf.keep(losses.keys.sorted().map { Stored(step: $0, validationLoss: losses[$0]) })
        try await shelf.keep([Stored(step: 25, validationLoss: 0.3)], attempt: 2, from: 20)
        #expect(try await shelf.names() == ["5 attempt-1-a", "15 attempt-1-a", "20 attempt-1-a", "25 attempt-2-a"])
        // One that was stopped before its second checkpoint leaves no more behind than one that goes on.
        let rest = [Stored(step: 30, validationLoss: 0.2), Stored(step: 35, validationLoss: 0.05)]
        try await shelf.keep(rest, attempt: 3, from: 25)
        #expect(try await shelf.names() == ["25 attempt-2-a", "30 attempt-3-a", "35 attempt-3-a"])
    }

    @Test("go only where no other process may go on from them")
    func others() async throws {
        let shelf = try await Shelf()
        let old = shelf.store(attempt: 1)
        // Of another config or program; passed over, for it is damaged; another process' of this attempt's number; a
        // later attempt's.
        try await shelf.save(Stored(step: 1, fingerprint: "two"), old)
        try await shelf.save(Stored(step: 9), old)
        try await shelf.save(Stored(step: 2), shelf.store(attempt: 2, runner: "b"))
        try await shelf.save(Stored(step: 2), shelf.store(attempt: 3))
        let before = try await shelf.names()
        #expect(before.count == 4)
        // What may go: the run's own, and a state whose upload was cut short.
        for step in 3...6 { try await shelf.save(Stored(step: step), old) }
        let half = ObjectName(bucket: TrainerWorld.layout.trainingBucket, name: old.stem(step: 4) + ".json")
        try await shelf.objects.delete(half, generation: nil, if: .none)
        try await shelf.keep([7, 8, 10].map { Stored(step: $0) }, attempt: 2, from: 6)
        let own = ["7 attempt-2-a", "8 attempt-2-a", "10 attempt-2-a"]
        #expect(try await Set(shelf.names()) == Set(before + own))
    }

    @Test("stay until their store is there again, and no training ends for them")
    func removalFails() async throws {
        let shelf = try await Shelf(
            FaultPlan { operation, call in
                operation == "delete" && call == 1 ? .before(StoreError(.unavailable, "away")) : nil
            }
        )
        try await shelf.keep((1...4).map { Stored(step: $0) })
        #expect(try await shelf.names().count == 4)
        try await shelf.keep((5...6).map { Stored(step: $0) }, attempt: 2, from: 4)
        #expect(try await shelf.names() == ["4 attempt-1-a", "5 attempt-2-a", "6 attempt-2-a"])
    }

    @Test("are written once: what has the name already stays as it is", arguments: [".zip", ".json"])
    func taken(suffix: String) async throws {
        let shelf = try await Shelf()
        let store = shelf.store()
        let name = ObjectName(bucket: TrainerWorld.layout.trainingBucket, name: store.stem(step: 7) + suffix)
        _ = try await shelf.objects.create(name, Array("another's".utf8), contentType: "text/plain")
        let error = await #expect(throws: StoreError.self) { try await shelf.save(Stored(step: 7), store) }
        #expect(error?.code == .alreadyExists)
        #expect(try await shelf.objects.bytes(of: name, bytesMax: 100).bytes == Array("another's".utf8))
        let keeper = CheckpointKeeper(store: store, prepare: { true }, log: { _, _ in })
        try await keeper.keep(Stored(step: 7))
        await #expect(throws: StoreError.self) { try await keeper.settle() }
    }

    @Test("whose upload was answered by nothing are found written by the next try", arguments: 1...2)
    func answerLost(call: Int) async throws {
        let shelf = try await Shelf(
            FaultPlan { operation, number in
                operation == "write" && number == call ? .after(StoreError(.unavailable, "no answer")) : nil
            }
        )
        let keeper = CheckpointKeeper(store: shelf.store(), prepare: { true }, log: { _, _ in })
        try await keeper.keep(Stored(step: 7))
        #expect(try await keeper.settle() == 7)
        #expect(try await shelf.names() == ["7 attempt-1-a"])
        let kept = try await shelf.store().read(step: 7) { $0.state }
        #expect(kept == Stored(step: 7).encoded().state)
    }
}
