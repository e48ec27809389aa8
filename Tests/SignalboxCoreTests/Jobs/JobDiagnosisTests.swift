import Foundation
import SignalboxCore
import Testing
import Wire

@Suite("Why a job stands where it stands")
struct JobDiagnosisTests {
    @Test("has one cause, in words, with the next command", arguments: JobDiagnosisCases.all)
    func cause(example: JobDiagnosisCases.Example) {
        let diagnosis = JobDiagnosis(example.job, now: Sample.now + .seconds(example.seconds))
        #expect(diagnosis.cause == example.cause)
        #expect(diagnosis.sentence.contains(example.says), "\(diagnosis.sentence)")
        let next = diagnosis.next.advice + " | " + (diagnosis.next.command ?? "")
        #expect(next.contains(example.next), "\(next)")
        #expect(diagnosis.evidence.last?.hasPrefix("last change: ") == true)
    }

    @Test("every cause has an example")
    func allCauses() {
        let missing = Set(JobCause.allCases).subtracting(JobDiagnosisCases.all.map(\.cause))
        #expect(missing.isEmpty, "\(missing.map(\.code).sorted())")
    }

    @Test("no two causes share a code, and each is in docs/errors.md")
    func codes() throws {
        let codes = JobCause.allCases.map(\.code)
        #expect(Set(codes).count == codes.count)
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        let document = String(decoding: try FileIO.read(root + "/docs/errors.md", bytesMax: 1 << 20), as: UTF8.self)
        let missing = codes.filter { !document.contains("`\($0)`") }
        #expect(missing.isEmpty)
    }

    @Test("commands name the job")
    func commands() {
        for example in JobDiagnosisCases.all {
            let diagnosis = JobDiagnosis(example.job, now: Sample.now + .seconds(example.seconds))
            guard let command = diagnosis.next.command else { continue }
            #expect(command.hasPrefix("signalbox "))
            #expect(command.contains(example.job.id) || command.hasPrefix("signalbox download reach@v1"), "\(command)")
        }
    }

    @Test("shows the last lines of what the trainer said")
    func errorLines() {
        var job = Sample.job(.failed, attempt: 3)
        job.failure = Job.Failure(.attemptsExhausted, "attempt 3 was the last\n  File \"train.py\"\nValueError: no")
        let evidence = JobDiagnosis(job, now: Sample.now).evidence
        #expect(
            evidence.prefix(3) == ["error: attempts_exhausted", "  attempt 3 was the last", "    File \"train.py\""]
        )
        #expect(evidence.contains("  ValueError: no"))
    }

    @Test("tells which places refused, and how often")
    func refusals() {
        let (spot, other) = (JobDiagnosisCases.spot, Place(tier: "vertex", location: "us-central1"))
        var job = JobDiagnosisCases.refused
        job.recoveries = [(spot, "capacity: none"), (other, "quota: 0 of 0"), (spot, "capacity: still none")].map {
            Job.Recovery(at: Sample.now, attempt: 1, cause: .launchRefused, place: $0, evidence: $1)
        }
        let evidence = JobDiagnosis(job, now: Sample.now).evidence
        #expect(evidence.contains("refused 2 times: \(spot), capacity: still none"))
        #expect(evidence.contains("refused 1 time: vertex/us-central1, quota: 0 of 0"))
        #expect(evidence.contains("used up: 0 of 3 faults, 0 of 50 lost machines, 3 of 200 refusals"))
    }

    @Test("knows the rate of the first attempt that trains, and of no other")
    func rate() {
        var job = JobDiagnosisCases.running
        job.progress = Job.Progress(step: 120, totalSteps: 400, loss: 0.25)
        job.placement?.heardSince = Sample.now - .seconds(60)
        let line = "progress: step 120 of 400, loss 0.25"
        #expect(
            JobDiagnosis(job, now: Sample.now).evidence.contains("\(line), 2.0 steps a second, about 2 min 20 s left")
        )
        job.recoveries = [Job.Recovery(at: Sample.now, attempt: 1, cause: .preempted, place: nil, evidence: "")]
        #expect(JobDiagnosis(job, now: Sample.now).evidence.contains(line))
    }

    @Test("counts the money by the hour that runs")
    func money() {
        var job = JobDiagnosisCases.running
        job.config.spendMaxUSD = 2
        job.placement?.usdPerHour = 1
        job.spentUSD = 0.25
        let evidence = JobDiagnosis(job, now: Sample.now + .seconds(1800)).evidence
        #expect(evidence.contains("spent: 0.7500 USD of 2.0000 USD"))
    }

    @Test("says that no sweep comes, once one should have come")
    func sweep() {
        let early = JobDiagnosis(Sample.job(), now: Sample.now + .seconds(60)).next
        #expect(early.advice.contains("the next sweep"))
        let late = JobDiagnosis(Sample.job(), now: Sample.now + .seconds(3600)).next
        #expect(late.advice.hasPrefix("no sweep came for 1 h 0 min"))
        #expect(late.command == nil)
    }

    @Test("shows until when a former trainer may write")
    func held() {
        let line = "the last attempt's trainer may write until 2026-06-02T00:02:00Z"
        #expect(JobDiagnosis(JobDiagnosisCases.held, now: Sample.now).evidence.contains(line))
    }

    @Test("recommends no retry of a job that cannot be opened again", arguments: JobDiagnosisCases.failed)
    func noRoom(example: JobDiagnosisCases.Example) {
        var job = example.job
        let noted = Job.Recovery(at: Sample.now, attempt: 1, cause: .preempted, place: nil, evidence: "x")
        job.recoveries = Array(repeating: noted, count: JobPolicy.recoveriesMax)
        let next = JobDiagnosis(job, now: Sample.now).next
        #expect(next.command == nil)
        #expect(!next.advice.contains("try again") && !next.advice.contains("retry"), "\(next.advice)")
    }

    @Test("an old problem of a run that is given back hinders nobody")
    func staleProblem() {
        var job = Sample.job(.pending, attempt: 1)
        job.problem = Job.Problem(code: "quota", message: "", since: Sample.now)
        #expect(JobDiagnosis(job, now: Sample.now).cause == .standing(.eventAwaited))
        job.handle = "handle-1"
        job.isReleasing = true
        #expect(JobDiagnosis(job, now: Sample.now).cause == .problem(.quota))
    }
}
