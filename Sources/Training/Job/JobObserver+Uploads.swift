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
        guard hasBegun, !metrics.isEmpty else { return true }
        try await write((metricsName, "application/jsonl", metrics))
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
        if !telemetry.knowsEarlier {
            try await readEarlierRecord()
            // Asked again, for the read may have lasted until the record is another's.
            guard try await mayWrite() else { return }
        }
        let logs: [RunTelemetry.File] = [
            (eventsName, "application/octet-stream", events),
            ("trainer-attempt-\(spec.attempt).log", "application/jsonl", lines),
        ]
        for file in logs + telemetry.files(withRunFile: withRunFile) where !file.bytes.isEmpty { try await write(file) }
    }

    /// Writes one of the job's logs. Processes share them, those of all attempts the metrics and the record: what
    /// another one has made of a file is not written over unseen.
    private func write(_ file: RunTelemetry.File) async throws {
        let name = surroundings.layout.log(jobID: spec.jobID, name: file.name)
        var bytes = file.bytes
        for _ in 0..<Self.writeTriesMax {
            do throws(StoreError) {
                let written = try await surroundings.objects.write(
                    name,
                    .bytes(bytes),
                    contentType: file.contentType,
                    metadata: [:],
                    if: generations[file.name].map { .generation($0) } ?? .doesNotExist
                )
                generations[file.name] = written.generation
                return
            } catch {
                guard error.code == .preconditionFailed else { throw error }
            }
            // An earlier process's, this one's own whose answer was lost, or one's that has taken over: the document
            // tells, and the job's holder writes its own. It is asked last, for what is there when it answers is what
            // may be written over: between the two this process may stand still until the job is another's.
            if file.name == RunRecord.fileName {
                try await readEarlierRecord()
                bytes = telemetry.recordBytes
            } else {
                generations[file.name] = try await surroundings.objects.metadataIfPresent(of: name)?.generation
            }
            try await beat()
        }
        log(.warning, "\(file.name) is written by another process again and again; it is kept for later")
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
