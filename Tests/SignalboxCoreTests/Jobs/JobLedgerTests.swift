import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("The ledger")
struct JobLedgerTests {
    let clock = ManualClock(Sample.now)

    private func ledger(_ documents: any DocumentStore) -> JobLedger {
        JobLedger(documents: documents, policy: JobPolicy())
    }

    private func open(_ job: Job, in documents: ObservedDocuments) async throws {
        _ = try await documents.base.commit([.create(job.path, job.fields)])
    }

    @Test("writes a step, and nothing where nothing changed")
    func step() async throws {
        let documents = ObservedDocuments(clock: clock)
        try await open(Sample.job(), in: documents)
        let ledger = ledger(documents)
        let id = Sample.job().id
        let claimed = try await ledger.apply(.attended(launcher: "a", ladder: Sample.ladder), to: id)
        #expect(try await ledger.job(id) == claimed.job)
        let before = try await documents.base.get(Job.path(of: id))
        #expect(
            try await ledger.apply(.attended(launcher: "b", ladder: Sample.ladder), to: id).decision == .launcherBusy
        )
        #expect(try await documents.base.get(Job.path(of: id)) == before)
    }

    @Test(
        "tells of each error whether its event is to come again",
        arguments: [
            (.noSuchJob("job-1"), "no_such_job", nil),
            (.malformed(JSONReader(.null, pointer: "/phase").mismatch("a string")), "job_malformed", nil),
            (.store(StoreError(.unavailable, "503")), "unavailable", 2),
            (.store(StoreError(.permissionDenied, "403")), "permission_denied", 2),
        ] as [(LedgerError, String, Int?)]
    )
    func redelivery(error: LedgerError, code: String, seconds: Int?) {
        #expect(error.code == code)
        #expect(error.tryAgainSeconds == seconds)
    }

    @Test("decides and writes by the store's time, which no writer's clock can break a lease with")
    func storeTime() async throws {
        let documents = ObservedDocuments(clock: clock)
        let lease = Job.Lease(holder: "h", expiresAt: Sample.now + .seconds(60))
        try await open(Sample.job(.running, attempt: 1, lease: lease), in: documents)
        let id = Sample.job().id
        let ledger = ledger(documents)
        clock.advance(by: .seconds(59))
        let look = JobInput.attended(launcher: "a", ladder: Sample.ladder)
        #expect(try await ledger.apply(look, to: id).decision == .leaseFresh)
        clock.advance(by: .seconds(1))
        let over = try await ledger.apply(look, to: id)
        #expect(over.decision == .leaseExpired)
        #expect(over.at == clock.now())
        let beat = JobInput.heartbeat(attempt: 1, runner: "h", progress: nil)
        let heard = try await ledger.apply(beat, to: id).job
        #expect(heard.lease?.expiresAt == clock.now() + .seconds(60))
        #expect(heard.updatedAt == clock.now())
    }

    @Test("leaves fields alone that are not its own")
    func foreignFields() async throws {
        let documents = ObservedDocuments(clock: clock)
        var fields = Sample.job().fields
        fields["note"] = .string("by hand")
        _ = try await documents.base.commit([.create(Sample.job().path, fields)])
        _ = try await ledger(documents).apply(.attended(launcher: "a", ladder: Sample.ladder), to: Sample.job().id)
        #expect(try await documents.base.get(Sample.job().path)?.fields["note"] == .string("by hand"))
    }

    @Test("a commit whose answer is lost has happened, and its repetition finds it so")
    func lostAnswer() async throws {
        let isFirst = Mutex(true)
        let documents = ObservedDocuments(clock: clock) { operation in
            guard operation == "commit" else { return nil }
            return isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst ? .after(StoreError(.unavailable, "lost")) : nil
            }
        }
        let job = Sample.job(.running, attempt: 1, lease: Job.Lease(holder: "h", expiresAt: Sample.now + .seconds(9)))
        try await open(job, in: documents)
        let input = JobInput.completed(attempt: 1, runner: "h", Sample.result)
        let version = DocumentWrite.create("models/reach/versions/v1", [:])
        await #expect(throws: LedgerError.self) {
            try await ledger(documents).apply(input, to: job.id) { _ in [version] }
        }
        #expect(try await documents.job(job.id)?.phase == .completed)
        let again = try await ledger(documents).apply(input, to: job.id) { _ in [version] }
        #expect(again.decision == .terminal)
        #expect(again.job.result == Sample.result)
        #expect(documents.history(of: version.path).count == 1)
    }

    @Test("what goes alongside a step takes effect with it or not at all")
    func alongside() async throws {
        let documents = ObservedDocuments(clock: clock)
        let job = Sample.job(.running, attempt: 1, lease: Job.Lease(holder: "h", expiresAt: Sample.now + .seconds(9)))
        try await open(job, in: documents)
        let missing = DocumentWrite.set("models/reach", [:], if: .exists(true))
        await #expect(throws: LedgerError.self) {
            try await ledger(documents).apply(.completed(attempt: 1, runner: "h", Sample.result), to: job.id) { _ in
                [missing]
            }
        }
        #expect(try await documents.job(job.id) == job)
        let stale = try await ledger(documents).apply(.completed(attempt: 2, runner: "h", Sample.result), to: job.id) {
            _ in
            [.create("models/never", [:])]
        }
        #expect(stale.decision == .staleAttempt)
        #expect(try await documents.base.get("models/never") == nil)
    }

    @Test("many writers at once all take their steps, one after the other")
    func concurrentWriters() async throws {
        for _ in 0..<20 {
            let documents = ObservedDocuments(clock: clock)
            let job = Sample.job(.launched, attempt: 1, lease: Job.Lease(holder: "h", expiresAt: Sample.now))
            try await open(job, in: documents)
            let ledger = ledger(documents)
            let decisions = try await withThrowingTaskGroup(of: JobDecision.self) { group in
                for step in 1...12 {
                    let progress = Job.Progress(step: step, totalSteps: 12, loss: 1)
                    let input =
                        step == 6
                        ? JobInput.completed(attempt: 1, runner: "h", Sample.result)
                        : .heartbeat(attempt: 1, runner: "h", progress: progress)
                    group.addTask { try await ledger.apply(input, to: job.id).decision }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(decisions.count { $0 == .completed } == 1)
            #expect(Set(decisions).isSubset(of: [.completed, .heartbeat, .terminal]))
            let history = documents.history(of: job.path)
            #expect(history.count == decisions.count { $0 != .terminal })
            #expect(history.last?["status"] == .string("completed"))
            #expect(documents.problems(of: job.id) == [])
        }
    }

    @Test("of many claims at once one is good")
    func concurrentClaims() async throws {
        for _ in 0..<20 {
            let documents = ObservedDocuments(clock: clock)
            try await open(Sample.job(), in: documents)
            let ledger = ledger(documents)
            let decisions = try await withThrowingTaskGroup(of: JobDecision.self) { group in
                for launcher in 0..<12 {
                    let input = JobInput.attended(launcher: "\(launcher)", ladder: Sample.ladder)
                    group.addTask { try await ledger.apply(input, to: Sample.job().id).decision }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(decisions.count { $0 == .attemptClaimed } == 1)
            #expect(decisions.count { $0 == .launcherBusy } == 11)
        }
    }

    @Test("gives up where others win every time")
    func starved() async throws {
        let documents = ObservedDocuments(clock: clock) { operation in
            operation == "commit" ? .before(StoreError(.aborted, "lost the race")) : nil
        }
        try await open(Sample.job(), in: documents)
        do throws(LedgerError) {
            _ = try await ledger(documents).apply(.attended(launcher: "a", ladder: Sample.ladder), to: Sample.job().id)
            Issue.record("took the step")
        } catch {
            guard case .store(let cause) = error else { throw error }
            #expect(cause.code == .aborted)
            #expect(cause.isTransient)
        }
    }

    @Test("says that there is no such job, and which field of a job is malformed")
    func errors() async throws {
        let documents = ObservedDocuments(clock: clock)
        #expect(await failure(documents) == "no_such_job: \(Sample.job().id)")
        var fields = Sample.job().fields
        fields["phase"] = .string("sleeping")
        _ = try await documents.base.commit([.create(Sample.job().path, fields)])
        #expect(await failure(documents)?.hasPrefix("job_malformed: /training_jobs/\(Sample.job().id)/phase") == true)
    }

    private func failure(_ documents: ObservedDocuments) async -> String? {
        do throws(LedgerError) { _ = try await ledger(documents).job(Sample.job().id) } catch { return "\(error)" }
        return nil
    }
}
