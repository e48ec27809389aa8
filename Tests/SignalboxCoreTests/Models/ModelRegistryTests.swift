import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The model registry")
struct ModelRegistryTests {
    let clock = ManualClock(Sample.now)

    private func spec(_ id: String, attempt: Int = 1) -> JobSpec {
        var job = Sample.job(.running, attempt: attempt)
        job.id = id
        return JobSpec(job: job)
    }

    private func result(version: Int) -> TrainingResult {
        var result = Sample.result
        result.modelVersion = version
        result.modelURI = "gs://training/models/reach/v\(version)/"
        return result
    }

    @Test("counts versions from one, each reserved for one process of an attempt")
    func counts() async throws {
        let registry = ModelRegistry(documents: MemoryDocumentStore(clock: clock), clock: clock)
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1")) == 1)
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1")) == 1)
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1", attempt: 2)) == 2)
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-2")) == 3)
        #expect(try await registry.reserve("push", environmentID: "kitchen", spec: spec("job-2")) == 1)
    }

    @Test("two processes of an attempt have a number each")
    func runners() async throws {
        let registry = ModelRegistry(documents: MemoryDocumentStore(clock: clock), clock: clock)
        for (runner, version) in [("a", 1), ("a", 1), ("b", 2), ("b", 2)] {
            let found = try await registry.reserve(
                "reach",
                environmentID: "kitchen",
                spec: spec("job-1"),
                runner: runner
            )
            #expect(found == version)
        }
    }

    @Test("gives every one of many at once a number of its own")
    func concurrent() async throws {
        for _ in 0..<20 {
            let documents = MemoryDocumentStore(clock: clock)
            let registry = ModelRegistry(documents: documents, clock: clock)
            let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<12 {
                    let spec = spec("job-\(index)")
                    group.addTask { try await registry.reserve("reach", environmentID: "kitchen", spec: spec) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(numbers.sorted() == Array(1...12))
            let versions = try await documents.queryAll(DocumentQuery(collection: "models/reach/versions"))
            #expect(Set(versions.map { "\($0.fields)" }).count == 12)
        }
    }

    @Test("a reservation whose answer was lost is found again")
    func lostAnswer() async throws {
        let faults = FaultPlan { operation, call in
            operation == "commit" && call == 1 ? .after(StoreError(.unavailable, "lost")) : nil
        }
        let registry = ModelRegistry(documents: MemoryDocumentStore(clock: clock, faults: faults), clock: clock)
        await #expect(throws: StoreError.self) {
            try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1"))
        }
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1")) == 1)
    }

    @Test("shows a version once it is published, in the commit that completes its job")
    func publish() async throws {
        let documents = MemoryDocumentStore(clock: clock)
        let registry = ModelRegistry(documents: documents, clock: clock)
        let job = Sample.job(.running, attempt: 1, lease: Job.Lease(holder: "h", expiresAt: Sample.now + .seconds(60)))
        _ = try await documents.commit([.create(job.path, job.fields)])
        let version = try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: job))
        #expect(await code { () throws(StoreError) in _ = try await registry.version(nil, of: "reach") } == .notFound)
        #expect(await code { () throws(StoreError) in _ = try await registry.version(1, of: "reach") } == .notFound)

        let made = result(version: version)
        let ledger = JobLedger(documents: documents, policy: JobPolicy())
        let done = try await ledger.apply(.completed(attempt: 1, runner: "h", made), to: job.id) {
            _ throws(StoreError) in
            try await registry.publication(of: made)
        }
        #expect(done.decision == .completed)
        let published = try await registry.version(nil, of: "reach")
        #expect(published.version == 1)
        #expect(published.uri == made.modelURI)
        #expect(published.jobID == job.id)
        #expect(try await registry.version(1, of: "reach") == published)
        #expect(try await ledger.job(job.id).result == made)
    }

    @Test("publishes nothing for an attempt that is not the document's any more")
    func fenced() async throws {
        let documents = MemoryDocumentStore(clock: clock)
        let registry = ModelRegistry(documents: documents, clock: clock)
        let old = Sample.job(.running, attempt: 1)
        let job = Sample.job(.running, attempt: 2, lease: Job.Lease(holder: "h", expiresAt: Sample.now + .seconds(60)))
        _ = try await documents.commit([.create(job.path, job.fields)])
        let made = result(
            version: try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: old))
        )
        let ledger = JobLedger(documents: documents, policy: JobPolicy())
        let late = try await ledger.apply(.completed(attempt: 1, runner: "h", made), to: job.id) {
            _ throws(StoreError) in
            try await registry.publication(of: made)
        }
        #expect(late.decision == .staleAttempt)
        #expect(await code { () throws(StoreError) in _ = try await registry.version(nil, of: "reach") } == .notFound)
    }

    @Test("the latest version is the highest, whatever is published last")
    func latest() async throws {
        let documents = MemoryDocumentStore(clock: clock)
        let registry = ModelRegistry(documents: documents, clock: clock)
        for id in 1...3 { _ = try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-\(id)")) }
        for version in [3, 1] {
            _ = try await documents.commit(try await registry.publication(of: result(version: version)))
        }
        #expect(try await registry.version(nil, of: "reach").version == 3)
        #expect(try await registry.version(1, of: "reach").version == 1)
        #expect(await code { () throws(StoreError) in _ = try await registry.version(2, of: "reach") } == .notFound)
    }

    @Test("two publications at once both take effect")
    func concurrentPublications() async throws {
        let documents = MemoryDocumentStore(clock: clock)
        let registry = ModelRegistry(documents: documents, clock: clock)
        let ledger = JobLedger(documents: documents, policy: JobPolicy())
        let lease = Job.Lease(holder: "h", expiresAt: Sample.now + .seconds(60))
        for id in 1...6 {
            var job = Sample.job(.running, attempt: 1, lease: lease)
            job.id = "job-\(id)"
            _ = try await documents.commit([.create(job.path, job.fields)])
            _ = try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: job))
        }
        let made = (1...6).map { result(version: $0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, result) in made.enumerated() {
                group.addTask {
                    let input = JobInput.completed(attempt: 1, runner: "h", result)
                    _ = try await ledger.apply(input, to: "job-\(index + 1)") { _ throws(StoreError) in
                        try await registry.publication(of: result)
                    }
                }
            }
            try await group.waitForAll()
        }
        for version in 1...6 { #expect(try await registry.version(version, of: "reach").jobID == "job-\(version)") }
        #expect(try await registry.version(nil, of: "reach").version == 6)
    }

    @Test("refuses to publish what was never reserved")
    func neverReserved() async throws {
        let documents = MemoryDocumentStore(clock: clock)
        let registry = ModelRegistry(documents: documents, clock: clock)
        let unknown = result(version: 1)
        #expect(await code { () throws(StoreError) in _ = try await registry.publication(of: unknown) } == .notFound)
        _ = try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1"))
        let writes = try await registry.publication(of: result(version: 2))
        #expect(await code { () throws(StoreError) in _ = try await documents.commit(writes) } == .notFound)
    }

    private func code(_ body: () async throws(StoreError) -> Void) async -> StoreError.Code? {
        do throws(StoreError) { try await body() } catch { return error.code }
        return nil
    }

    @Test("gives a name to the environment that used it first, and to no other")
    func environments() async throws {
        let documents = MemoryDocumentStore(clock: ManualClock(Sample.now))
        let registry = ModelRegistry(documents: documents, clock: ManualClock(Sample.now))
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-1")) == 1)
        await #expect(throws: StoreError.self) {
            try await registry.reserve("reach", environmentID: "factory", spec: spec("job-2"))
        }
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: spec("job-3")) == 2)
    }
}
