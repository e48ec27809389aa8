import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("The curve of a job") struct JobCurveTests {
    private static let config = JobConfig(epochs: 100, batchSize: 2, checkpointEverySteps: 1_000_000)

    private func curve(_ world: TrainerWorld, _ name: String = "metrics.jsonl") -> ObjectName {
        TrainerWorld.layout.log(jobID: world.jobID, name: name)
    }

    private func bytes(_ world: TrainerWorld, _ name: String = "metrics.jsonl") async throws -> [UInt8] {
        try await world.objects.bytes(of: curve(world, name), bytesMax: 1 << 30).bytes
    }

    /// The steps with a training loss, in the order of their lines.
    private func steps(_ bytes: [UInt8]) throws -> [Int] {
        try bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let json = JSONReader(try JSON(parsing: Array(line)))
            return json["loss"].isNull ? nil : try json["step"].int()
        }
    }

    /// Ends the attempt that is launched at a step, and launches the next.
    private func trainOnce(_ world: TrainerWorld, to step: Int) async throws {
        let stop = StopSignal()
        _ = try await world.run(engine: CountingEngine(stopping: stop, at: step), stop: stop)
        try await world.launch()
    }

    @Test(
        "that cannot be read stays as it is, and the attempt's own lines go elsewhere",
        arguments: [StoreError.Code.tooLarge, .dataLoss, .permissionDenied]
    )
    func unreadable(code: StoreError.Code) async throws {
        let world = try await TrainerWorld(Self.config)
        try await trainOnce(world, to: 7)
        let before = try await bytes(world)
        let name = curve(world)
        let store = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard call == .read(name) else { return }
                throw StoreError(code, "not today")
            }
        )
        let stop = StopSignal()
        let engine = CountingEngine(stopping: stop, at: 12)
        let ending = try await world.run(engine: engine, runner: "runner-2", objects: store, stop: stop)
        guard case .preempted(.terminated, keptStep: 12) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await bytes(world) == before)
        #expect(try steps(try await bytes(world, "metrics-attempt-2.jsonl")) == Array(8...12))
        let warnings = try await world.log(attempt: 2).filter { $0.contains("metrics-attempt-2.jsonl") }
        #expect(warnings.count == 1 && warnings.allSatisfy { $0.contains(code.rawValue) })
    }

    /// Whoever takes the attempt over has begun one of the job's logs while this process looks at what is there, or is
    /// about to write it.
    @Test(
        "and the other logs that whoever took the attempt over has begun stay as they are",
        arguments: ["metrics.jsonl", "run.json", "trainer-attempt-1.log"],
        [true, false]
    )
    func takenOver(log: String, isLook: Bool) async throws {
        let world = try await TrainerWorld(Self.config)
        let name = curve(world, log)
        let look: ObservedObjectStore.Call = log == "run.json" ? .read(name) : .describe(name)
        // Without one that is there already nobody looks.
        if isLook { _ = try await world.objects.create(name, Array("{}".utf8), contentType: "application/json") }
        let isTaken = Mutex(false)
        let store = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard call == (isLook ? look : .write(name)), isTaken.withLock({ !$0 }) else { return }
                isTaken.withLock { $0 = true }
                do { try await Theft().commit(in: world) } catch { Issue.record(error) }
                // Longer than the lease lasts.
                world.clock.advance(by: .seconds(1000))
                let body = ObjectBody.bytes([2])
                _ = try await world.objects.write(name, body, contentType: "text/plain", metadata: [:], if: .none)
            }
        )
        let stop = StopSignal()
        let ending = try await world.run(engine: CountingEngine(stopping: stop, at: 7), objects: store, stop: stop)
        guard case .fenced(.attemptTaken) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(isTaken.withLock { $0 })
        #expect(try await bytes(world, log) == [2])
    }

    @Test("that another process of the attempt has begun goes on")
    func begun() async throws {
        let world = try await TrainerWorld(Self.config)
        try await trainOnce(world, to: 7)
        let own = TrainerWorld.layout.log(jobID: world.jobID, name: "metrics-attempt-2.jsonl")
        let line = Array("{\"step\": 7, \"loss\": 1}\n".utf8)
        _ = try await world.objects.create(own, line, contentType: "application/jsonl")
        let name = curve(world)
        let store = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard call == .read(name) else { return }
                throw StoreError(.tooLarge, "not today")
            }
        )
        let stop = StopSignal()
        let engine = CountingEngine(stopping: stop, at: 12)
        _ = try await world.run(engine: engine, runner: "runner-2", objects: store, stop: stop)
        #expect(try steps(try await bytes(world, "metrics-attempt-2.jsonl")) == Array(7...12))
    }

    @Test("that is not there any more begins anew")
    func absent() async throws {
        let world = try await TrainerWorld(Self.config)
        try await trainOnce(world, to: 7)
        try await world.objects.delete(curve(world), generation: nil, if: .none)
        let stop = StopSignal()
        _ = try await world.run(engine: CountingEngine(stopping: stop, at: 12), runner: "runner-2", stop: stop)
        #expect(try steps(try await bytes(world)) == Array(8...12))
        #expect(!world.objects.names.contains { $0.contains("/metrics-attempt-") })
    }

    /// A curve of so many bytes, all of steps that are done.
    private func lengthen(_ world: TrainerWorld, to byteCount: Int) async throws {
        let line = "{\"step\": 1, \"note\": \"\(String(repeating: "x", count: 60_000))\"}\n"
        let long = String(repeating: line, count: byteCount / line.utf8.count + 1)
        let bytes = ObjectBody.bytes(try await bytes(world) + Array(long.utf8))
        _ = try await world.objects.write(curve(world), bytes, contentType: "x", metadata: [:], if: .none)
    }

    @Test("that is long lets the checkpoint go first once the run is to stop", arguments: [false, true])
    func long(isUnderWay: Bool) async throws {
        var config = Self.config
        if isUnderWay { config.checkpointEverySteps = 10 }
        let world = try await TrainerWorld(config)
        try await trainOnce(world, to: 7)
        try await lengthen(world, to: JobObserver.metricsAheadBytesMax)
        let stop = StopSignal()
        let name = curve(world)
        let hasHung = Mutex(false)
        let store = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard isUnderWay, call == .write(name) else { return }
                let isFirst = hasHung.withLock { hasHung in
                    defer { hasHung = true }
                    return !hasHung
                }
                guard isFirst else { return }
                stop.request(.machineReclaimed)
                try await ObservedObjectStore.hang()
            }
        )
        let engine = isUnderWay ? CountingEngine() : CountingEngine(stopping: stop, at: 12)
        let ending = try await world.run(engine: engine, runner: "runner-2", objects: store, stop: stop)
        guard case .preempted(_, keptStep: let step?) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(step >= 10)
        let writes = store.writes
        let kept = try #require(writes.firstIndex { $0.hasPrefix("checkpoints/") && $0.hasSuffix(".json") })
        #expect(writes.prefix(kept).allSatisfy { $0 != name.name }, "\(writes)")
        // It follows whole.
        #expect(try steps(try await bytes(world)) == Array(1...step))
    }

    @Test("is read beside the reports, and no longer than anybody wants it")
    func reading() async throws {
        let world = try await TrainerWorld(Self.config)
        let line = "{\"step\": 1, \"epoch\": 1, \"loss\": 0.5}\n"
        let long = Array(String(repeating: line, count: 300_000).utf8)
        _ = try await world.objects.create(curve(world), long, contentType: "x")
        let lease = HeldLease(seconds: 1_000_000, clock: world.clock)
        let (isRead, reads) = AsyncStream.makeStream(of: Void.self)
        let store = ObservedObjectStore(world.objects, alter: { ToldStream(base: $1, told: reads) })
        let observer = JobObserver(
            spec: JobSpec(job: try await world.job()),
            surroundings: world.surroundings(objects: store),
            lease: lease,
            stop: StopSignal()
        )
        let beginning = Task { try await observer.begin(totalSteps: 100, after: 7) }
        for await _ in isRead { break }
        // What a report asks for is told before the curve is read to its end.
        #expect(await observer.progress?.step == 7)
        #expect(await !observer.hasBegun)
        beginning.cancel()
        await #expect(throws: CancellationError.self) { try await beginning.value }
        #expect(await !observer.hasBegun)
    }
}

/// A stream that tells of its end.
private struct ToldStream: ByteStream {
    let base: any ByteStream
    let told: AsyncStream<Void>.Continuation

    func next() async throws -> [UInt8]? {
        let chunk = try await base.next()
        if chunk == nil { told.yield() }
        return chunk
    }
}
