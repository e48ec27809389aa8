import SignalboxCore
import Testing
import Wire

@Suite("Job documents")
struct JobDocumentTests {
    static var full: Job {
        var job = Sample.job(.running, attempt: 2)
        job.config = JobConfigTests.full
        job.lease = Job.Lease(
            holder: "handle-2",
            expiresAt: Sample.now + .seconds(60),
            tierSilentSince: Sample.now + .microseconds(1)
        )
        job.progress = Job.Progress(step: 3, totalSteps: 480, loss: 0.125)
        job.recoveries = [
            Job.Recovery(at: Sample.now, attempt: 1, cause: .preempted, place: spot, evidence: "SIGTERM"),
            Job.Recovery(at: Sample.now, attempt: 1, cause: .retried, place: nil, evidence: "cancelled: on request"),
        ]
        job.placement = Job.Placement(
            place: spot,
            usdPerHour: 0.35,
            claimedAt: Sample.now,
            billedSince: Sample.now + .seconds(30),
            runSecondsMax: 900,
            choices: 3
        )
        job.problem = Job.Problem(code: "permission_denied", message: "no role", since: Sample.now)
        job.refusals = 4
        job.notBefore = Sample.now + .seconds(60)
        job.spentUSD = 0.0875
        job.canaryPassed = false
        job.stopReason = .cancelled
        job.stopBy = Sample.now + .seconds(150)
        job.retryTier = "second"
        job.retrySpendMaxUSD = 5
        job.updatedAt = Sample.now + .microseconds(7)
        return job
    }

    static let spot = Place(tier: "scripted", location: "here", machine: "small+gpu:2", provisioning: .spot)

    static var completed: Job {
        var job = Sample.job(.completed, attempt: 1)
        job.result = Sample.result
        return job
    }

    static var failed: Job {
        var job = Sample.job(.failed, attempt: 3)
        job.failure = Job.Failure(.attemptsExhausted, "attempt 3 was the last")
        job.cancelRequested = true
        return job
    }

    @Test("come back as they were", arguments: [Sample.job(), full, completed, failed])
    func roundTrip(job: Job) throws {
        #expect(try Job(Self.document(job)) == job)
    }

    @Test("have the public contract's names", arguments: Job.Phase.allCases)
    func names(phase: Job.Phase) {
        let fields = Sample.job(phase, attempt: 1).fields
        for name in ["robot_id", "status", "created_at", "updated_at", "config", "episodes_uri", "result"] {
            #expect(fields[name] != nil, "\(name)")
        }
        let status: [Job.Phase: String] = [
            .pending: "pending", .launching: "pending", .launched: "pending", .running: "running",
            .completed: "completed", .failed: "failed",
        ]
        #expect(fields["status"] == status[phase].map(DocumentValue.string))
        #expect(fields["phase"] == .string(phase.rawValue))
    }

    @Test("say where the attempt runs, for people")
    func place() {
        let fields = Self.full.fields
        #expect(fields["tier"] == .string("scripted"))
        #expect(fields["provisioning"] == .string("spot"))
        guard case .map(let placement) = fields["placement"] else { return #expect(Bool(false), "no map") }
        #expect(placement["place"] == .string("scripted/here/small+gpu:2/spot"))
        #expect(Sample.job().fields["tier"] == .null)
        #expect(Sample.job().fields["provisioning"] == .null)
    }

    @Test("are read where later fields are missing")
    func older() throws {
        var document = Self.document(Sample.job(.pending, attempt: 2))
        for name in [
            "placement", "provisioning", "problem", "refusals", "not_before", "spent_usd", "canary_passed",
            "stop_reason", "stop_by", "retry", "cancel_requested", "recoveries", "handle", "lease", "progress", "error",
            "result",
        ] { document.fields[name] = nil }
        var expected = Sample.job(.pending, attempt: 2)
        expected.placement = nil
        #expect(try Job(document) == expected)
        let recovery: DocumentValue = .map([
            "at": .timestamp(Sample.now), "attempt": .integer(1), "cause": .string("run_gone"),
            "evidence": .string("x"),
        ])
        document.fields["recoveries"] = .array([recovery])
        #expect(try Job(document).recoveries.map(\.place) == [nil])
    }

    @Test("of each cause, failure and stop reason come back")
    func words() throws {
        var job = Self.full
        job.recoveries = RecoveryCause.allCases.map { cause in
            Job.Recovery(at: Sample.now, attempt: 1, cause: cause, place: nil, evidence: "")
        }
        #expect(try Job(Self.document(job)) == job)
        for reason in StopReason.allCases {
            job.stopReason = reason
            #expect(try Job(Self.document(job)) == job)
        }
        for code in JobFailureCode.allCases {
            var job = Self.failed
            job.failure = Job.Failure(code, "why")
            #expect(try Job(Self.document(job)) == job)
        }
    }

    @Test("write the same names in every phase, so that a write by mask leaves nothing behind")
    func mask() {
        let names = Set(Sample.job().fields.keys)
        for job in [Self.full, Self.completed, Self.failed] { #expect(Set(job.fields.keys) == names) }
    }

    @Test("keep a loss that is no number", arguments: [Double.nan, .infinity, -.infinity])
    func unusualLoss(loss: Double) throws {
        var job = Self.full
        job.progress = Job.Progress(step: 1, totalSteps: 2, loss: loss)
        #expect(try Job(Self.document(job)) == job)
    }

    @Test("take their id from the path")
    func id() throws {
        var document = Self.document(Sample.job())
        document.name = "projects/p/databases/(default)/documents/training_jobs/job-by-hand"
        #expect(try Job(document).id == "job-by-hand")
    }

    @Test(
        "say which field is wrong",
        arguments: [
            ("robot_id", nil), ("package_id", DocumentValue.integer(1)), ("phase", .string("sleeping")),
            ("attempt", .integer(-1)), ("created_at", .string("yesterday")), ("updated_at", nil),
            ("episodes_uri", .string("http://example.com/")), ("dataset", nil), ("config", .array([])),
            ("lease", .map([:])), ("cancel_requested", .string("no")), ("recoveries", .map([:])),
            ("progress", .map(["step": .integer(1), "total_steps": .integer(2), "loss": .string("low")])),
            ("error", .map(["code": .string("unlucky"), "message": .string("")])),
            ("placement", .map(["place": .string("local")])), ("placement", .string("local")),
            ("problem", .map(["code": .string("unreachable")])), ("refusals", .integer(-1)),
            ("not_before", .integer(0)), ("spent_usd", .string("1")), ("canary_passed", .integer(1)),
            ("stop_reason", .string("whim")), ("stop_by", .integer(0)), ("retry", .map(["tier": .integer(1)])),
        ] as [(String, DocumentValue?)]
    )
    func malformed(field: String, value: DocumentValue?) {
        var document = Self.document(Sample.job())
        document.fields[field] = value
        do throws(JSONTypeError) {
            _ = try Job(document)
            Issue.record("read")
        } catch {
            #expect(error.pointer.hasPrefix("/training_jobs/\(Sample.job().id)/\(field)"), "\(error)")
        }
    }

    @Test("describe the same attempt to its trainer")
    func spec() throws {
        let spec = JobSpec(job: Self.full)
        #expect(try JobSpec(JSONReader(JSON(parsing: spec.json.bytes))) == spec)
        #expect(spec.attempt == 2)
        #expect(spec.dataset == Sample.dataset)
        #expect(spec.runSecondsMax == 900)
        #expect(spec.provisioning == .spot)
    }

    @Test(
        "refuse a spec of another format or of no attempt",
        arguments: [
            ("/format", 2), ("/attempt", 0), ("/job_id", 1), ("/provisioning", "rented"), ("/run_seconds_max", 0),
        ] as [(String, JSON)]
    )
    func badSpec(pointer: String, value: JSON) {
        var json = JobSpec(job: Self.full).json
        json[pointer: pointer] = value
        do throws(JSONTypeError) {
            _ = try JobSpec(JSONReader(json))
            Issue.record("read")
        } catch {
            #expect(error.pointer == pointer)
        }
    }

    static func document(_ job: Job) -> Document {
        Document(
            name: "projects/p/databases/(default)/documents/\(job.path)",
            fields: job.fields,
            createTime: job.createdAt,
            updateTime: job.updatedAt
        )
    }
}
