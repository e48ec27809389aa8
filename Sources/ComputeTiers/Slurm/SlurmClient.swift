import SignalboxCore
import Wire

/// The calls of slurmrestd that a tier needs (https://slurm.schedmd.com/rest_api.html).
struct SlurmClient: Sendable {
    /// Bytes of an answer: a cluster that knows more jobs than that holds should set `PrivateData=jobs`.
    static let answerBytesMax = 64 << 20
    /// Bytes of a token's file.
    static let tokenBytesMax = 16 << 10
    /// slurmrestd waits up to 20 s for a controller that hangs.
    static let callSeconds = 40
    /// Calls that must find the token refused before it is: a controller that restarts looks like that for a moment.
    static let probesMax = 2
    /// From one such call to the next, longer than a controller takes to stop.
    static let probeWait = Duration.seconds(2)
    /// No job has this number; to end it does nothing, and tells who is not allowed to.
    private static let noJob: Int64 = 0

    /// Where the cluster is, and who asks.
    let settings: SlurmSettings
    /// What sends requests.
    let transport: any HTTPTransport
    /// What waits.
    let clock: any Clock

    /// All jobs that the controller knows and shows to the user.
    func jobs() async throws(TierError) -> [SlurmJob] {
        let answer = try await answer("GET", "/jobs/")
        guard answer.isSuccess else { throw try await error(of: answer) }
        return answer.jobs
    }

    /// A job; nil where the controller knows it no more.
    func job(_ id: Int64) async throws(TierError) -> SlurmJob? {
        let answer = try await answer("GET", "/job/\(id)")
        if answer.has([SlurmFault.unknownJob]) { return nil }
        guard answer.isSuccess else { throw try await error(of: answer) }
        return answer.jobs.first { $0.id == id }
    }

    /// Submits a job.
    ///
    /// - Returns: its number; it may be there together with a fault, which the job's reason tells, too.
    func submit(_ body: JSON) async throws(TierError) -> Int64 {
        let answer = try await answer("POST", "/job/submit", body)
        if let id = SlurmNumber.value(answer.json["job_id"] ?? answer.json["result"]?["job_id"]), id > 0 { return id }
        guard !answer.isSuccess else { throw TierError(.unreachable, "slurmrestd named no job that it submitted") }
        throw try await error(of: answer)
    }

    /// Ends a job: SIGTERM to all of its processes, SIGKILL after the cluster's `KillWait`.
    func cancel(_ id: Int64) async throws(TierError) {
        let answer = try await answer("DELETE", "/job/\(id)")
        if answer.isSuccess || answer.has(SlurmFault.overNumbers.union([SlurmFault.unknownJob])) { return }
        throw try await error(of: answer)
    }

    private func answer(_ method: String, _ path: String, _ body: JSON? = nil) async throws(TierError) -> SlurmAnswer {
        let request = HTTPRequest(
            method: method,
            url: "\(settings.url)/slurm/\(settings.version)\(path)",
            headers: [
                "x-slurm-user-name": settings.user,
                "x-slurm-user-token": try token(),
                "accept": "application/json",
                "content-type": "application/json",
            ],
            body: body.map { .bytes($0.bytes) } ?? .none,
            timeout: .seconds(Self.callSeconds)
        )
        do {
            let response = try await transport.send(request)
            let bytes = try await response.body.collect(bytesMax: Self.answerBytesMax)
            return try SlurmAnswer(status: response.status, body: bytes)
        } catch {
            throw TierError(.unreachable, "slurmrestd at \(settings.url): \(error)")
        }
    }

    /// The token, with or without the words that `scontrol token` writes before it.
    private func token() throws(TierError) -> String {
        let bytes: [UInt8]
        do throws(FileIO.Failure) {
            bytes = try FileIO.read(settings.tokenFile, bytesMax: Self.tokenBytesMax)
        } catch {
            throw TierError(.permissionDenied, "the file of SIGNALBOX_SLURM_TOKEN_FILE cannot be read: \(error)")
        }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        let words = "SLURM_JWT="
        let token = text.hasPrefix(words) ? String(text.dropFirst(words.count)) : text
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TierError(.permissionDenied, "the file of SIGNALBOX_SLURM_TOKEN_FILE holds no token")
        }
        return token
    }

    /// The error of an answer; where it is ambiguous, by asking in a way whose answer is not.
    private func error(of answer: SlurmAnswer) async throws(TierError) -> TierError {
        guard answer.isAmbiguous else { return answer.error(version: settings.version) }
        for probe in 0..<Self.probesMax {
            if probe > 0 { try? await clock.sleep(for: Self.probeWait) }
            let told = try await self.answer("DELETE", "/job/\(Self.noJob)")
            guard told.isTokenRefused else { return answer.error(version: settings.version) }
        }
        return SlurmAnswer.refusedToken("its controller hangs up on it")
    }
}
