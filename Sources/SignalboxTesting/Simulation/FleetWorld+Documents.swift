import SignalboxCore
import Wire

/// What every commit is checked against.
extension FleetWorld {
    /// A commit took effect.
    func didCommit(_ writes: [DocumentWrite], by process: SimulatedProcess) async {
        var completed: JobTrack?
        let isPackage = { (write: DocumentWrite) in write.path.hasPrefix(PackageRecord.collection + "/") }
        // A package's job is seen before the package, wherever they stand in the commit.
        for write in writes.filter({ !isPackage($0) }) + writes.filter(isPackage) {
            guard let document = try? await documents.get(write.path) else { continue }
            if write.path.hasPrefix(Job.collection + "/") {
                let wasCompleted = jobs[document.id]?.facts.phase == .completed
                jobChanged(document, by: process)
                if let track = jobs[document.id], track.facts.phase == .completed, !wasCompleted { completed = track }
            } else if write.path.hasPrefix(ModelRegistry.collection + "/") {
                versionChanged(document)
            } else if isPackage(write) {
                await packageChanged(document)
            }
        }
        if let completed, completed.publications.isEmpty {
            fail(.completedOnce, "\(completed.id) is completed, and its version is not published")
        }
    }

    private func jobChanged(_ document: Document, by process: SimulatedProcess) {
        guard let facts = JobFacts(document) else {
            return fail(.legalEdge, "\(document.path) is no job any more")
        }
        emit(document)
        guard let track = jobs[document.id] else {
            let track = JobTrack(id: document.id, facts: facts, beats: random.pick([2, 3, 4, 6, 8, 20]))
            jobs.open(track)
            planErrands(track.id)
            return
        }
        let old = track.facts
        note(process, "\(track.id.suffix(4)): \(old.phase) -> \(facts.phase), attempt \(facts.attempt)")
        checkFields(old, facts, track, process)
        if let run = process.run {
            process.lastSeen = facts
            checkWriter(old, run, process)
            if facts.leaseHolder == process.name { checkHolder(track, process) }
        }
        checkEdge(old, facts, track, process)
        if old.attempt != facts.attempt {
            checkPlace(old, facts, track)
            checkClaim(old, track)
            checkHeld(track.id)
            track.claimedAt = process.readAt
        }
        checkGivenUp(old, facts, track, process)
        checkStop(old, facts, track, process)
        track.facts = facts
        track.writeCount += 1
        track.lastWriter = process.number
        if facts.phase == .completed, old.phase != .completed { track.completions += 1 }
        if track.completions > 1 { fail(.completedOnce, "\(track.id) is completed twice") }
        follow(old, track, process)
    }

    /// What a change means for the runs and for what the process says next.
    private func follow(_ old: JobFacts, _ track: JobTrack, _ process: SimulatedProcess) {
        let facts = track.facts
        if facts.phase.isTerminal { track.hasEnded = true }
        track.endedAt = facts.phase.isTerminal ? track.endedAt ?? now : nil
        if facts.recoveryCount > old.recoveryCount, process.input != .retried {
            track.givenUpAt = now
            track.lookedAt = process.looked[RunOrder.name(jobID: track.id, attempt: Int(old.attempt))] ?? now
        }
        // A lease that goes on says that trainer or tier were heard.
        if let expiry = facts.leaseExpiresAt, expiry != old.leaseExpiresAt { track.tierSilentSince = nil }
        for run in track.runs where run.unwantedAt == nil && !isWanted(run, facts) { run.unwantedAt = now }
        if let run = process.run {
            if old.phase == .running, let holder = old.leaseHolder, holder != process.name {
                for other in track.runs where other.trainer?.name == holder { other.isDisplaced = true }
            }
            run.heardAt = process.spokeAt
            run.heardFirstAt = run.heardFirstAt ?? now
        }
        if facts.attempt > old.attempt {
            process.looked[RunOrder.name(jobID: track.id, attempt: Int(facts.attempt))] = now
        }
    }

    /// Whether the job's document stands behind a run.
    func isWanted(_ run: SimulatedRun, _ facts: JobFacts) -> Bool {
        guard Int64(run.order.attempt) == facts.attempt else { return false }
        return [.launching, .launched, .running].contains(facts.phase)
    }

    private func checkFields(_ old: JobFacts, _ new: JobFacts, _ track: JobTrack, _ process: SimulatedProcess) {
        for name in ["created_at", "config", "dataset", "episodes_uri", "package_id", "robot_id"]
        where old.fields[name] != new.fields[name] {
            fail(.identityConstant, "\(name) of \(track.id) changed")
        }
        if let before = old.time("updated_at"), let after = new.time("updated_at"), after <= before {
            fail(.updatedAtAdvances, "updated_at of \(track.id) went from \(before) to \(after)")
        }
        if new.attempt != old.attempt {
            let isClaim = old.phase == .pending && new.phase == .launching
            if !isClaim || new.attempt != old.attempt + 1 {
                fail(.attemptGrows, "attempt of \(track.id) went from \(old.attempt) to \(new.attempt)")
            }
        }
        let isReopened = old.phase == .failed && new.phase == .pending && process.input == .retried
        if old.phase.isTerminal, !isReopened {
            fail(.terminalAbsorbs, "\(track.id) was \(old.phase.rawValue) and is \(new.phase.rawValue)")
        }
    }

    /// A trainer wrote.
    private func checkWriter(_ old: JobFacts, _ run: SimulatedRun, _ process: SimulatedProcess) {
        guard old.attempt == Int64(run.order.attempt), old.phase != .pending, !old.phase.isTerminal else {
            let state = "\(old.phase.rawValue), attempt \(old.attempt)"
            return fail(.oneWriter, "\(process.name) of attempt \(run.order.attempt) wrote to a job that is \(state)")
        }
        guard old.phase == .running, let holder = old.leaseHolder, holder != process.name,
            let expiry = old.leaseExpiresAt, expiry > Self.timestamp(now)
        else { return }
        fail(.oneWriter, "\(process.name) wrote while \(holder) is heard")
    }

    /// A trainer has the lease: it never had it before another one did.
    private func checkHolder(_ track: JobTrack, _ process: SimulatedProcess) {
        guard let last = track.holders.last, last != process.name else {
            if track.holders.isEmpty { track.holders = [process.name] }
            return
        }
        // One that has not heard of it yet has done nothing with it: its first report is made again.
        let knows = process.leaseEndsAt != nil
        if knows, track.holders.contains(process.name) { fail(.oneWriter, "\(process.name) comes back after \(last)") }
        track.holders.append(process.name)
    }

    private func checkEdge(_ old: JobFacts, _ new: JobFacts, _ track: JobTrack, _ process: SimulatedProcess) {
        guard let input = process.input else {
            if old.phase != new.phase { fail(.legalEdge, "a user changed the phase of \(track.id)") }
            return
        }
        let index = JobLifecycle.edges.firstIndex { $0.from == old.phase && $0.to == new.phase && $0.input == input }
        guard let index else {
            let step = "\(old.phase.rawValue) -> \(new.phase.rawValue) by \(input.rawValue)"
            return fail(.legalEdge, "\(track.id): \(step) is not in the table")
        }
        jobs.edgeCounts[index] += 1
    }

    /// A new attempt was claimed; where a launch was refused and the choice is the same, for another place.
    private func checkPlace(_ old: JobFacts, _ new: JobFacts, _ track: JobTrack) {
        guard old.lastCause == RecoveryCause.launchRefused.rawValue, let place = new.member("placement", "place"),
            place == old.member("placement", "place"), case .integer(let choices) = new.member("placement", "choices"),
            choices > 1, old.member("placement", "choices") == .integer(choices)
        else { return }
        fail(.ladderWalked, "\(track.id) asks \(place.plain.serialized()) again, which has just refused")
    }

    /// What a document tells is as old as the read behind it: so long a look may take from its read to its write.
    private static let lookSecondsMax = 60

    /// A new attempt was claimed.
    private func checkClaim(_ old: JobFacts, _ track: JobTrack) {
        guard let givenUpAt = track.givenUpAt else { return }
        let patience = Int64(600 - Self.lookSecondsMax) * 1_000_000
        guard now - max(givenUpAt, track.answeredAt ?? givenUpAt) < patience else { return }
        // One that a launcher makes who stood still is nobody's: whoever gave the attempt up had asked for it before.
        let last = track.runs.filter { Int64($0.order.attempt) == old.attempt && $0.createdAt < track.lookedAt }
        guard let run = last.first(where: { $0.isUp && !$0.isForgotten }) else { return }
        fail(.oneMachine, "attempt \(old.attempt + 1) of \(track.id) is claimed while \(run.handle) is up")
    }

    /// A look is over, in order: what the tier told it of a run to be given back is known from then on, unless somebody
    /// else has changed the document in between, who may have heard less.
    func didLook(_ process: SimulatedProcess) {
        guard let answer = process.answer, let track = jobs[answer.jobID],
            track.writeCount == answer.writeCount || track.lastWriter == process.number
        else { return }
        track.answeredAt = max(track.answeredAt ?? answer.at, answer.at)
    }

    private func versionChanged(_ document: Document) {
        guard document.fields["state"] == .string("published"), case .string(let jobID) = document.fields["job_id"],
            let track = jobs[jobID]
        else { return }
        keepVersion(document.path)
        track.publications.insert(document.path)
        guard track.publications.count == 1, document.fields["attempt"] == .integer(track.facts.attempt) else {
            return fail(.completedOnce, "\(document.path) is a second version of \(jobID), or a fenced one")
        }
    }
}
