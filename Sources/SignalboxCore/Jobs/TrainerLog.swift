import Wire

/// The log that a trainer keeps of an attempt: JSON lines, `logs/<job_id>/trainer-attempt-<n>.log`.
public struct TrainerLog: Sendable {
    /// Lines at its end that are told.
    static let linesMax = 20
    /// Bytes at its end that are read.
    static let bytesMax = 64 << 10

    let objects: any ObjectStore
    let layout: BucketLayout

    /// Where an attempt's log lies.
    static func name(attempt: Int) -> String { "trainer-attempt-\(attempt).log" }

    /// What a tier said of a run that ended. A tier that says no more than a line knows no log: the last words of the
    /// trainer's own are added, where they can be read.
    func explain(_ state: RunState, jobID: String, attempt: Int) async -> RunState {
        guard case .ended(let detail) = state, !detail.contains(where: \.isNewline) else { return state }
        let lines = await lastLines(jobID: jobID, attempt: attempt)
        return .ended(detail: ([detail] + lines).joined(separator: "\n"))
    }

    /// The last lines of an attempt's log, as far as it is there and can be read.
    func lastLines(jobID: String, attempt: Int) async -> [String] {
        let name = layout.log(jobID: jobID, name: Self.name(attempt: attempt))
        return Self.lastLines(of: (try? await end(of: name)) ?? [])
    }

    /// The last lines of a log as people read them, 20 of its last 64 KiB at most: `SEVERITY message`.
    public static func lastLines(of log: [UInt8]) -> [String] {
        let end = log.suffix(bytesMax)
        // The first line was cut.
        let whole = end.count < log.count ? end.drop { $0 != UInt8(ascii: "\n") } : end
        return whole.split(separator: UInt8(ascii: "\n")).suffix(linesMax).map(text)
    }

    private func end(of name: ObjectName) async throws -> [UInt8] {
        guard let metadata = try await objects.metadataIfPresent(of: name), metadata.size > 0 else { return [] }
        let start = max(0, metadata.size - Int64(Self.bytesMax))
        let range = start..<metadata.size
        let content = try await objects.read(name, generation: metadata.generation, range: range, if: .none)
        let bytes = try await content.body.collect(bytesMax: Self.bytesMax)
        // The first line was cut.
        guard start > 0 else { return bytes }
        return Array(bytes.drop { $0 != UInt8(ascii: "\n") })
    }

    /// A line as people read it: `SEVERITY message`; as it is where it is no such line.
    private static func text(of line: ArraySlice<UInt8>) -> String {
        let plain = String(decoding: line, as: UTF8.self)
        guard let json = try? JSON(parsing: Array(line)), let message = json["message"]?.stringValue else {
            return plain
        }
        return [json["severity"]?.stringValue, message].compactMap(\.self).joined(separator: " ")
    }
}
