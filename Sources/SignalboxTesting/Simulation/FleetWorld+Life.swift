import SignalboxCore
import Wire

/// How a schedule begins, what users do in it, and when it is over.
extension FleetWorld {
    /// How long after faults stop the fleet may take to come to rest.
    static let restSecondsMax: Int64 = 16 * 3600

    func begin() {
        if schedule.usesIntake {
            planUploads()
        } else {
            for index in 0..<schedule.jobCount {
                let config = jobConfig(index)
                at(now + Int64(random.within(0...60)) * 1_000_000) { [unowned self] in openJob(index, config) }
            }
        }
        after(seconds: Double(random.within(1...setting.sweepSeconds))) { [unowned self] in tickSweep() }
        guard schedule.prunes || schedule.usesIntake else { return }
        after(seconds: Double(random.within(1...setting.pruneSeconds))) { [unowned self] in tickPrune() }
    }

    private func jobConfig(_ index: Int) -> JobConfig {
        let cap = random.chance(0.3) ? random.pick([0.005, 0.02, 0.1, 1]) : nil
        return JobConfig(
            modelName: random.pick(["grasp", "reach"]),
            epochs: index + 1,
            tier: random.chance(0.15) ? random.pick(["alpha", "beta"]) : nil,
            spendMaxUSD: cap
        )
    }

    /// Opens a job as the intake does, and lets users be about it.
    private func openJob(_ index: Int, _ config: JobConfig) {
        let process = makeProcess(.user, "opener", skew: 0)
        spawn(process) { process in
            let world = process.world
            do {
                let job = try await world.makeJob(index, config)
                let writes = [DocumentWrite.create(job.path, job.fields)]
                _ = try await world.documents.commit(writes)
                if world.faults.isOn(.specTaken) { try await world.litter(job) }
                await world.didCommit(writes, by: process)
            } catch {
                world.fail(.everyJobEnds, "a job could not be opened: \(error)")
            }
        }
    }

    private func makeJob(_ index: Int, _ config: JobConfig) async throws(StoreError) -> Job {
        let digest = SHA256.digest(of: "manifest \(index)")
        let packageID = PackageID.prefix + digest.hex.prefix(PackageID.digitCount)
        let layout = FleetSetting.layout
        var generations: [Int64] = []
        let names = [PackageLocation.archiveNames[0], PackageLocation.manifestName].map {
            layout.dataset(packageID: packageID, manifest: digest, name: $0)
        }
        for name in names {
            let written = try await objects.write(
                name,
                .bytes([0]),
                contentType: "application/octet-stream",
                metadata: [:],
                if: .none
            )
            generations.append(written.generation)
        }
        return Job(
            packageID: packageID,
            robotID: "robot-\(index)",
            config: config,
            dataset: DatasetReference(
                archive: names[0],
                archiveGeneration: generations[0],
                manifest: names[1],
                manifestGeneration: generations[1],
                manifestDigest: digest
            ),
            now: Self.timestamp(now)
        )
    }

    /// Objects of an older document of the same job.
    private func litter(_ job: Job) async throws(StoreError) {
        for attempt in 1...3 where faults.hit(.specTaken) {
            let spec = FleetSetting.layout.spec(jobID: job.id, attempt: attempt)
            let type = "application/json"
            _ = try await objects.write(spec, .bytes([0]), contentType: type, metadata: [:], if: .none)
            noteLeftover(spec)
        }
    }

    // MARK: - Users

    func planErrands(_ jobID: String) {
        if hit(.cancelRequest) {
            errand(after: faults.random(.cancelRequest, 0...schedule.chaosSeconds)) { process in
                await Self.requestCancel(jobID, as: process)
            }
        }
        guard faults.isOn(.retry) else { return }
        for _ in 0..<4 where hit(.retry) {
            errand(after: faults.random(.retry, 0...schedule.chaosSeconds)) { process in
                await Self.retry(jobID, as: process)
            }
        }
    }

    func errand(after seconds: Int, _ body: @escaping @Sendable (SimulatedProcess) async -> Void) {
        errandsLeft += 1
        after(seconds: Double(seconds)) { [unowned self] in
            errandsLeft -= 1
            spawn(makeProcess(.user, "user", skew: 0), body)
        }
    }

    private static func requestCancel(_ jobID: String, as process: SimulatedProcess) async {
        for _ in 0..<5 {
            do {
                let read = try await process.documents.read(Job.path(of: jobID))
                guard let document = read.document, let facts = JobFacts(document), !facts.phase.isTerminal,
                    let last = facts.time("updated_at")
                else { return }
                // As `signalbox jobs cancel` does: by the store's clock.
                let changedAt = max(read.readTime.truncatedToMicroseconds, last + .microseconds(1))
                let fields: [String: DocumentValue] = [
                    "cancel_requested": .boolean(true), "updated_at": .timestamp(changedAt),
                ]
                let write = DocumentWrite.set(
                    document.path,
                    fields,
                    mask: fields.keys.sorted(),
                    if: .updateTime(document.updateTime)
                )
                _ = try await process.documents.commit([write])
                return
            } catch {
                continue
            }
        }
    }

    private static func retry(_ jobID: String, as process: SimulatedProcess) async {
        let world = process.world
        let tier = world.random.chance(0.5) ? world.random.pick(["alpha", "beta"]) : nil
        // Above what any fleet can have spent before: a cap below that is passed when it is set.
        let cap = world.random.chance(0.5) ? 1000.0 : nil
        _ = try? await process.ledger.apply(.retried(tier: tier, spendMaxUSD: cap), to: jobID)
    }

    // MARK: - Trainers

    /// The run's machine is there: its trainer starts.
    func startTrainer(_ run: SimulatedRun) {
        run.isDeaf = hit(.trainerOverdue)
        run.startedAt = run.startedAt ?? now
        let skew = FleetSetting.skew(&random, isSkewed: setting.isSkewed)
        let process = makeProcess(.trainer, "trainer-a\(run.order.attempt)", skew: skew)
        process.run = run
        run.trainer = process
        process.abandoned = { [unowned self] in
            tiers.first { $0.name == run.tier.name }?.trainerEnded(run, status: 137)
        }
        let beats = jobs[run.order.jobID]?.beats ?? 4
        let reference = SimulatedRunReference(run: run)
        spawn(process) { process in
            let status = await SimulatedTrainer(process: process, run: reference, beats: beats).train()
            guard !process.isDead else { return }
            process.abandoned = nil
            let run = reference.run
            guard run.trainer === process else { return }
            process.world.note(process, "exits \(status.rawValue)")
            process.world.tiers.first { $0.name == run.tier.name }?.trainerEnded(run, status: status.rawValue)
        }
    }

    // MARK: - Rest

    /// Whether nothing is left that could change anything.
    var isAtRest: Bool { restless.isEmpty }

    /// What is not at rest, for people; empty where all is.
    var restless: String {
        if deliveriesUnderWay > 0 { return "\(deliveriesUnderWay) deliveries are under way" }
        if errandsLeft > 0 { return "\(errandsLeft) errands are left" }
        if let process = processes.values.min(by: { $0.number < $1.number }) { return "\(process.name) is at work" }
        return unsettled
    }

    /// What a sweep could still see, for people; empty where it could see nothing.
    var unsettled: String {
        if let job = jobs.all.first(where: { !$0.facts.phase.isTerminal }) {
            return "\(job.id) is \(job.facts.phase.rawValue), attempt \(job.facts.attempt)"
        }
        if let package = waitingPackage { return "\(package) has no job" }
        if jobs.ids.count < schedule.jobCount { return "a job is not open yet" }
        for tier in tiers {
            if let run = tier.runs.first(where: \.isHolding) { return "\(run.handle) holds something" }
        }
        if let left = leftovers.min(by: { $0.key < $1.key }) { return "\(left.key) of \(left.value.jobID) is there" }
        return ""
    }

    /// What must hold of a fleet at rest.
    func checkEnd() {
        if !isAtRest { fail(.everyJobEnds, "the last event has passed, and \(restless)") }
        for job in jobs.all {
            checkSpend(of: job)
            if job.facts.phase == .completed, job.publications.count != 1 {
                fail(.completedOnce, "\(job.id) is completed with \(job.publications.count) published versions")
            }
        }
    }
}
