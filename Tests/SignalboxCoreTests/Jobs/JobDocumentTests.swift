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
        job.recoveries = [Job.Recovery(at: Sample.now, attempt: 1, cause: .preempted, evidence: "SIGTERM")]
        job.updatedAt = Sample.now + .microseconds(7)
        return job
    }

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
    }

    @Test(
        "refuse a spec of another format or of no attempt",
        arguments: [("/format", 2), ("/attempt", 0), ("/job_id", 1)] as [(String, JSON)]
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
