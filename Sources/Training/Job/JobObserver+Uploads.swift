import SignalboxCore
import Wire

extension JobObserver {
    /// Uploads the metrics ahead of a checkpoint: the next attempt needs them with the one that it goes on from. Where
    /// they are many and somebody asks to stop, the checkpoint goes first.
    ///
    /// - Returns: whether a checkpoint may follow: false while nobody can say whether the job is still this attempt's.
    /// - Throws: ``Fenced`` where it is another attempt's by now; `StoreError`.
    func flushMetrics() async throws -> Bool {
        guard metrics.count > Self.metricsAheadBytesMax else { return try await uploadMetrics() }
        do {
            return try await stop.cancelling { [weak self] in try await self?.uploadMetrics() ?? false }
        } catch is Interrupted {
            if let fence = stop.fence { throw Fenced(decision: fence) }
            return try await mayWrite()
        }
    }

    /// Uploads all logs as they are now; returns and throws as ``flushMetrics()`` does.
    @discardableResult
    func flush() async throws -> Bool {
        guard try await uploadMetrics() else { return false }
        try await writeLogs(withRunFile: true)
        return true
    }

    private func uploadMetrics() async throws -> Bool {
        if let fence = stop.fence { throw Fenced(decision: fence) }
        guard try await mayWrite() else { return false }
        try await writeMetrics()
        return true
    }

    /// Uploads what is no part of a checkpoint, where it is time: cut off by a stop, which has better uses for the
    /// time, and no reason to end where it fails.
    func flushLogsIfDue() async {
        let now = surroundings.clock.now()
        guard !stop.isRequested, logsPace.isDue(at: now) else { return }
        let withRunFile = runFilePace.isDue(at: now)
        do {
            try await stop.cancelling { [weak self] in
                guard let self, try await mayWrite() else { return }
                try await writeLogs(withRunFile: withRunFile)
            }
        } catch {
            guard !stop.isRequested, !(error is Fenced) else { return }
            log(.warning, "logs: \(error)")
        }
    }

    /// Uploads the logs a last time; that they cannot be is no reason to end otherwise.
    func flushAtEnd(as status: RunStatus) async {
        finish(as: status)
        do { try await flush() } catch { log(.warning, "logs: \(error)") }
    }

    /// What stops a publication whose attempt may be another's by now.
    static var unknownOwner: StoreError {
        StoreError(.unavailable, "nobody can say whether the job is still this attempt's")
    }

    /// Whether the job is this process's: for sure while its lease lasts, afterwards if the document says so.
    func mayWrite() async throws -> Bool {
        if lease.isFresh { return true }
        do {
            try await beat()
            return true
        } catch let fence as Fenced {
            throw fence
        } catch {
            log(.warning, "nothing is written: no heartbeat was acknowledged for a lease: \(error)")
            return false
        }
    }

    private func writeLogs(withRunFile: Bool) async throws {
        try await readEarlierRecord()
        let logs: [RunTelemetry.File] = [
            (eventsName, "application/octet-stream", events),
            ("trainer-attempt-\(spec.attempt).log", "application/jsonl", lines),
        ]
        for (name, type, bytes) in logs + telemetry.files(withRunFile: withRunFile) where !bytes.isEmpty {
            let name = surroundings.layout.log(jobID: spec.jobID, name: name)
            _ = try await surroundings.objects.write(name, .bytes(bytes), contentType: type, metadata: [:], if: .none)
        }
    }

    /// The one file that attempts share: what another attempt has made of it is not written over.
    private func writeMetrics() async throws {
        guard hasBegun, !metrics.isEmpty else { return }
        let name = surroundings.layout.log(jobID: spec.jobID, name: metricsName)
        for _ in 0..<Self.metricsTriesMax {
            do throws(StoreError) {
                metricsGeneration = try await surroundings.objects.write(
                    name,
                    .bytes(metrics),
                    contentType: "application/jsonl",
                    metadata: [:],
                    if: metricsGeneration.map { .generation($0) } ?? .doesNotExist
                ).generation
                return
            } catch {
                guard error.code == .preconditionFailed else { throw error }
            }
            // An earlier attempt's, this one's own whose answer was lost, or one's that has taken over: the document
            // tells, and the job's holder writes its own. It is asked last, for what is there when it answers is what
            // may be written over: between the two this process may stand still until the job is another's.
            let present = try await surroundings.objects.metadataIfPresent(of: name)
            try await beat()
            metricsGeneration = present?.generation
        }
        log(.warning, "the metrics are written by another process again and again; they are kept for later")
    }
}

/// How often an upload is made that takes the whole of what it is of each time.
struct UploadPace: Sendable {
    let everySeconds: Int
    private var last: Timestamp?

    init(everySeconds: Int) { self.everySeconds = everySeconds }

    /// Whether it is time; if so, the next time is after this one.
    mutating func isDue(at now: Timestamp) -> Bool {
        if let last, now - last < .seconds(everySeconds) { return false }
        last = now
        return true
    }
}
