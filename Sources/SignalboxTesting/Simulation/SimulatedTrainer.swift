import SignalboxCore
import Wire

/// A trainer as the real one behaves towards stores and document, without the arithmetic.
struct SimulatedTrainer {
    /// How a trainer's process ends (`docs/adding-a-tier.md`).
    enum Status: Int {
        case done = 0
        case failed = 1
        case unavailable = 69
        case preempted = 75
    }

    /// The document is another attempt's, or another process's, or the job is over.
    private struct Fenced: Error {}

    let process: SimulatedProcess
    let run: SimulatedRunReference
    /// Reports of a whole training.
    let beats: Int

    /// Writes of the metrics against other writers.
    private static let metricsTriesMax = 3

    private var order: RunOrder { run.run.order }
    private var world: FleetWorld { process.world }
    private var layout: BucketLayout { FleetSetting.layout }
    private var ledger: JobLedger { process.ledger }

    /// One attempt, from its spec to its end.
    func train() async -> Status {
        do {
            let bytes = try await process.objects.bytes(of: order.spec, bytesMax: JobSpec.bytesMax).bytes
            let spec = try JobSpec(JSONReader(try JSON(parsing: bytes)))
            let start = process.clock.now()
            let (job, isStopped) = try await beat(spec, step: nil)
            guard JobSpec(job: job) == spec else {
                return await fail(spec, Job.Failure(.configInvalid, "the spec is not the job's"))
            }
            var step = try await begin(spec)
            if isStopped { return try await stop(spec, at: step, because: .requested) }
            try await canary(spec)
            while step < beats {
                try? await process.clock.sleep(for: .seconds(FleetSetting.heartbeatSeconds))
                guard !process.isDead else { return .failed }
                if world.hit(.trainerCrash) { return .failed }
                if world.hit(.trainerFailure) {
                    let codes = [JobFailureCode.diverged, .engineFailed, .registrationFailed]
                    let code = codes[world.faults.random(.trainerFailure, 0...2)]
                    return await fail(spec, Job.Failure(code, "the trainer gave up"))
                }
                // One that minds nothing gets no further once it is asked to stop; its reports go on.
                let isStuck = isDeaf && process.isAskedToStop
                if !isStuck {
                    world.willTrain(process)
                    step += 1
                }
                let isLate = process.clock.now() - start >= .seconds(spec.runSecondsMax)
                if process.isTerminated { return try await stop(spec, at: step, because: .terminated) }
                if isLate, !isDeaf { return try await stop(spec, at: step, because: .runLimit) }
                if step % 4 == 0, !isStuck { try await checkpoint(spec, step) }
                if try await isAskedToStop(spec, step), !isDeaf {
                    return try await stop(spec, at: step, because: .requested)
                }
            }
            return try await complete(spec)
        } catch {
            return await end(after: error)
        }
    }

    /// Whether this trainer minds no limit and no request.
    private var isDeaf: Bool { run.run.isDeaf && !world.isClear }

    /// A store that cannot be reached is no reason to stop: the lease decides.
    private func isAskedToStop(_ spec: JobSpec, _ step: Int) async throws -> Bool {
        do {
            try await beat(spec, step: step)
        } catch let fence as Fenced {
            throw fence
        } catch {}
        return process.isAskedToStop
    }

    /// Whether the job is this process's: for sure while its own lease lasts, afterwards if the document says so.
    private func mayWrite(_ spec: JobSpec) async throws -> Bool {
        if let end = process.leaseEndsAt, process.clock.now() < end { return true }
        do {
            try await beat(spec, step: nil)
            return true
        } catch let fence as Fenced {
            throw fence
        } catch {
            return false
        }
    }

    @discardableResult
    private func beat(_ spec: JobSpec, step: Int?) async throws -> (job: Job, isStopped: Bool) {
        let progress = step.map { Job.Progress(step: $0, totalSteps: beats, loss: 1 / Double($0)) }
        process.spokeAt = world.now
        let sentAt = process.clock.now()
        let report = JobInput.heartbeat(
            attempt: spec.attempt,
            runner: process.name,
            progress: progress,
            isFirst: process.leaseEndsAt == nil
        )
        let transition = try await ledger.apply(report, to: spec.jobID)
        switch transition.decision {
        case .heartbeat: break
        case .stopRequested: process.isAskedToStop = true
        default: throw Fenced()
        }
        process.leaseEndsAt = sentAt + .seconds(world.policy.leaseSeconds)
        return (transition.job, process.isAskedToStop)
    }

    private func canary(_ spec: JobSpec) async throws {
        guard spec.provisioning == .spot else { return }
        // Left where it is, as by one that is killed before it removes it.
        for suffix in [".safetensors", ".json"] {
            let name = layout.canary(jobID: spec.jobID, attempt: spec.attempt, name: process.name + suffix)
            try await put(name, [0], if: .none)
        }
        let passed = !world.hit(.canaryFailure)
        process.isSteppingDown = !passed
        let report = JobInput.canary(attempt: spec.attempt, runner: process.name, passed: passed)
        let transition = try await ledger.apply(report, to: spec.jobID)
        guard transition.decision == .canaryPassed else { throw Fenced() }
    }

    private func stop(_ spec: JobSpec, at step: Int, because cause: StopCause) async throws -> Status {
        process.lastStep = try await checkpoint(spec, step) ? step : nil
        process.isSteppingDown = true
        let report = JobInput.preempted(attempt: spec.attempt, runner: process.name, because: cause)
        _ = try await ledger.apply(report, to: spec.jobID)
        return .preempted
    }

    /// The metrics go first: what a checkpoint continues is never newer than its curve.
    ///
    /// - Returns: false where nobody could say whose the job is.
    @discardableResult
    private func checkpoint(_ spec: JobSpec, _ step: Int) async throws -> Bool {
        try await writeMetrics(spec)
        return try await save(spec, step)
    }

    /// Under names of this process alone; nothing is written while nobody can say whose the job is.
    @discardableResult
    private func save(_ spec: JobSpec, _ step: Int) async throws -> Bool {
        for suffix in [".safetensors", ".json"] {
            guard try await mayWrite(spec) else { return false }
            let name = "attempt-\(spec.attempt)-\(process.name)\(suffix)"
            let object = layout.checkpoint(jobID: spec.jobID, step: step, name: name)
            try await put(object, [UInt8(truncatingIfNeeded: step)], if: .none)
        }
        return true
    }

    /// The one file that all attempts write: what another one has made of it is not written over.
    private func writeMetrics(_ spec: JobSpec) async throws {
        guard try await mayWrite(spec) else { return }
        for _ in 0..<Self.metricsTriesMax {
            do throws(StoreError) {
                let known = process.metricsGeneration.map { ObjectPreconditions.generation($0) } ?? .doesNotExist
                process.metricsGeneration = try await put(metrics(spec), [1], if: known).generation
                return
            } catch {
                guard error.code == .preconditionFailed else { throw error }
            }
            let present = try await process.objects.metadataIfPresent(of: metrics(spec))
            try await beat(spec, step: nil)
            process.metricsGeneration = present?.generation
        }
    }

    private func metrics(_ spec: JobSpec) -> ObjectName { layout.log(jobID: spec.jobID, name: "metrics.jsonl") }

    @discardableResult
    private func put(
        _ object: ObjectName,
        _ bytes: [UInt8],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await process.objects.write(
            object,
            .bytes(bytes),
            contentType: "application/octet-stream",
            metadata: [:],
            if: preconditions
        )
    }

    /// Where it goes on from: the newest checkpoint of any process, and the metrics as they are then.
    private func begin(_ spec: JobSpec) async throws(StoreError) -> Int {
        let prefix = layout.checkpoints(jobID: spec.jobID)
        let names = try await process.objects.listAll(bucket: layout.trainingBucket, prefix: prefix).map(\.name.name)
        let newest = names.last { $0.hasSuffix(".json") }
        let step = newest.flatMap { Int($0.dropFirst(prefix.count + "step-".count).prefix { $0 != "/" }) } ?? 0
        guard step > 0 else { return 0 }
        process.metricsGeneration = try await process.objects.metadataIfPresent(of: metrics(spec))?.generation
        return step
    }

    /// As the model publisher does: a number, the files, the manifest, then version and job in one commit.
    private func complete(_ spec: JobSpec) async throws -> Status {
        let registry = ModelRegistry(documents: process.documents, clock: process.clock)
        let name = spec.config.modelName(environmentID: FleetSetting.environmentID)
        let version = try await registry.reserve(
            name,
            environmentID: FleetSetting.environmentID,
            spec: spec,
            runner: process.name
        )
        try await writeMetrics(spec)
        for file in ["model.safetensors", "model.json", ModelManifest.fileName] {
            let object = layout.model(name, version: version, file: file)
            // As a manifest that tells when it was made: no two processes write the same.
            let bytes = Array("\(spec.jobID) \(spec.attempt) \(process.name)".utf8)
            guard try await mayWrite(spec) else { return .unavailable }
            _ = try await process.objects.create(object, bytes, contentType: "application/octet-stream")
        }
        let result = TrainingResult(
            modelURI: layout.model(name, version: version, file: "").uri,
            modelName: name,
            modelVersion: version,
            finalLoss: 0.5,
            initialLoss: 1,
            bestValidationLoss: 0.5,
            bestStep: beats,
            baselineLoss: 1,
            steps: beats,
            trainingTimeSeconds: 1
        )
        let report = JobInput.completed(attempt: spec.attempt, runner: process.name, result)
        _ = try await ledger.apply(report, to: spec.jobID) { _ throws(StoreError) in
            try await registry.publication(of: result)
        }
        return .done
    }

    /// What an error means: only what another attempt would meet again makes the job fail.
    private func end(after error: any Error) async -> Status {
        switch error {
        case is Fenced: return .done
        case LedgerError.store(let error) where error.isTransient: return .unavailable
        case let error as StoreError where error.isTransient: return .unavailable
        case let error as StoreError where error.code == .notFound: return .unavailable
        default:
            world.fail(.trainerUnderstood, "a trainer met what it does not expect: \(error)")
            return .failed
        }
    }

    private func fail(_ spec: JobSpec, _ failure: Job.Failure) async -> Status {
        process.isSteppingDown = true
        let report = JobInput.failed(attempt: spec.attempt, runner: process.name, failure)
        do { _ = try await ledger.apply(report, to: spec.jobID) } catch { return .unavailable }
        return .failed
    }
}

/// A run that may be handed to tasks: only the thread that runs the schedule touches it.
struct SimulatedRunReference: @unchecked Sendable {
    let run: SimulatedRun
}
