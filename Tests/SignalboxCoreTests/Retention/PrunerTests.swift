import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The pruner")
struct PrunerTests {
    let clock = ManualClock(Sample.now)

    private struct World {
        let objects: MemoryObjectStore
        let documents: MemoryDocumentStore
        let pruner: Pruner

        func put(_ name: ObjectName) async throws {
            _ = try await objects.write(name, .bytes([1]), contentType: "text/plain", metadata: [:], if: .none)
        }
    }

    private func world(faults: FaultPlan = .none) async throws -> World {
        let objects = MemoryObjectStore(clock: clock, faults: faults)
        let documents = MemoryDocumentStore(clock: clock)
        let pruner = Pruner(
            objects: objects,
            documents: documents,
            layout: Sample.layout,
            policy: RetentionPolicy(),
            clock: clock
        )
        let world = World(objects: objects, documents: documents, pruner: pruner)
        for (id, phase) in [("job-over", Job.Phase.completed), ("job-on", .running)] {
            _ = try await documents.commit([.create(Job.path(of: id), ["phase": .string(phase.rawValue)])])
            for step in [50, 100] {
                try await world.put(Sample.layout.checkpoint(jobID: id, step: step, name: "state"))
            }
            try await world.put(Sample.layout.log(jobID: id, name: "trainer.log"))
        }
        try await world.put(
            ObjectName(bucket: "staging", name: "arm-7/pkg-\(String(repeating: "0", count: 32))/archive.zip")
        )
        try await world.put(Sample.layout.model("reach", version: 1, file: "model.json"))
        return world
    }

    @Test("plans from what is there and removes what it planned")
    func carriesOut() async throws {
        let world = try await world()
        #expect(try await world.pruner.plan().removals.map(\.reason) == [.checkpointSuperseded])
        clock.advance(by: .seconds(90 * 86_400))
        let plan = try await world.pruner.plan()
        let reasons: [PruneReason] = [.stagedIncomplete, .checkpointSuperseded, .logExpired]
        #expect(plan.removals.map(\.reason) == reasons)
        let before = world.objects.names
        #expect(try await world.pruner.carryOut(plan).removed == 3)
        #expect(Set(before).subtracting(world.objects.names) == Set(plan.removals.map(\.object.name.uri)))
        #expect(try await world.pruner.plan().removals.isEmpty)
    }

    @Test("removes nothing by planning")
    func dryRun() async throws {
        let world = try await world()
        clock.advance(by: .seconds(90 * 86_400))
        let before = world.objects.names
        _ = try await world.pruner.plan()
        #expect(world.objects.names == before)
    }

    @Test("leaves an object that changed since the plan, and goes on past one that is gone")
    func changed() async throws {
        let world = try await world()
        clock.advance(by: .seconds(90 * 86_400))
        let plan = try await world.pruner.plan()
        let replaced = plan.removals[0].object.name
        let gone = plan.removals[1].object.name
        try await world.put(replaced)
        try await world.objects.delete(gone, generation: nil, if: .none)
        #expect(try await world.pruner.carryOut(plan).removed == 1)
        #expect(world.objects.names.contains(replaced.uri))
        #expect(!world.objects.names.contains(plan.removals[2].object.name.uri))
    }

    @Test("goes on where a failure stopped it")
    func failure() async throws {
        let faults = FaultPlan { operation, call in
            operation == "delete" && call == 2 ? .after(StoreError(.unavailable, "lost")) : nil
        }
        let world = try await world(faults: faults)
        clock.advance(by: .seconds(90 * 86_400))
        let plan = try await world.pruner.plan()
        await #expect(throws: StoreError.self) { try await world.pruner.carryOut(plan) }
        #expect(try await world.pruner.carryOut(plan).removed == 1)
        #expect(try await world.pruner.plan().removals.isEmpty)
    }

    @Test("removes the rest where one object is held")
    func held() async throws {
        let faults = FaultPlan { operation, call in
            operation == "delete" && call == 1 ? .before(StoreError(.permissionDenied, "it is held")) : nil
        }
        let world = try await world(faults: faults)
        clock.advance(by: .seconds(90 * 86_400))
        let plan = try await world.pruner.plan()
        let outcome = try await world.pruner.carryOut(plan)
        #expect(outcome.removed == plan.removals.count - 1 && outcome.removed > 0)
        #expect(outcome.failures.count == 1)
        let left = try await world.pruner.plan().removals.map(\.object.name.uri)
        #expect(left == outcome.failures.map(\.subject))
    }
}
