import Wire

/// Reads one file as it comes, whatever its format, in memory that ``EpisodeLimits`` bound.
struct EpisodeFile: Sendable {
    /// What the file holds, in its order.
    enum Event: Sendable {
        /// An episode begins; the ids of its steps, where they have none of their own.
        case start(String?)
        /// The description of the episode that began last.
        case metadata(JSON, EpisodeFinding.Place)
        /// A step, with the id of its episode where it says one.
        case step(EpisodeStep, String?, EpisodeFinding.Place)
        /// Steps at once, made one after the other where they are used: all of them may be many times their bytes.
        case steps(FlatEpisode, String?, EpisodeFinding.Place)
        /// Something wrong; behind an error the next step's number is not known.
        case fault(EpisodeFinding.Code, EpisodeFinding.Place, String)
    }

    private enum Content {
        case undecided
        case text(EpisodeText)
        case records(TFRecordFrames)
        /// Left alone from here on.
        case ignored
    }

    /// Bytes taken at once: what comes out of them is held until it is used.
    static let sliceBytes = 16 << 10

    private let isSteps: Bool
    private let limits: EpisodeLimits
    private var prefix: [UInt8] = []
    private var unpacker: Unpacker?
    private var content = Content.undecided
    private var hasObject = false
    private var hasFlatEpisode = false
    /// Bytes that came out of gzip.
    private(set) var unpackedBytes: Int64 = 0

    /// A file that has not begun.
    ///
    /// - Parameter isSteps: whether it lies in `steps/`, so that it can be nothing else.
    init(isSteps: Bool, limits: EpisodeLimits) {
        self.isSteps = isSteps
        self.limits = limits
    }

    /// Takes the next bytes.
    mutating func add(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) throws {
        if let unpacker { return try unpack(bytes, with: unpacker, into: &events) }
        guard case .undecided = content else { return take(bytes, into: &events) }
        prefix += bytes
        if prefix.count >= EpisodeFormat.prefixBytes { try decide(into: &events) }
    }

    /// The end of the file.
    mutating func finish(into events: inout [Event]) throws {
        if case .undecided = content { try decide(into: &events) }
        if let unpacker {
            if case .undecided = content { settle(into: &events) }
            var isRead = !unpacker.isBroken
            if case .ignored = content { isRead = false }
            if isRead {
                do throws(ArchiveError) {
                    try unpacker.inflater.finish()
                } catch {
                    unpacker.isBroken = true
                    events.append(.fault(.gzipMalformed, .file, error.message))
                }
            }
            // What lacks its end was told: it is the stream's.
            guard !unpacker.isBroken else { return }
        }
        switch content {
        case .text(var text):
            var pieces: [EpisodeText.Piece] = []
            text.finish(into: &pieces)
            content = .text(text)
            take(pieces, into: &events)
        case .records(var frames):
            var records: [TFRecordFrames.Output] = []
            frames.finish(into: &records)
            content = .records(frames)
            take(records, into: &events)
        case .undecided, .ignored: break
        }
    }

    // MARK: Formats

    private mutating func decide(into events: inout [Event]) throws {
        guard unpacker == nil, EpisodeFormat(prefix) == .gzip else { return settle(into: &events) }
        let packed = prefix
        prefix = []
        let unpacker = Unpacker(try Inflater(bytesMax: limits.unpackedBytesMax))
        self.unpacker = unpacker
        try packed.withUnsafeBytes { try unpack($0, with: unpacker, into: &events) }
    }

    private mutating func settle(into events: inout [Event]) {
        let bytes = prefix
        prefix = []
        switch EpisodeFormat(bytes) {
        case .records: content = .records(TFRecordFrames(recordBytesMax: limits.recordBytesMax))
        case .text: content = .text(EpisodeText(lineBytesMax: limits.lineBytesMax, linesOnly: isSteps))
        case .gzip, .unknown:
            guard isSteps else { return ignore(into: &events) }
            content = .text(EpisodeText(lineBytesMax: limits.lineBytesMax, linesOnly: true))
        }
        bytes.withUnsafeBytes { take($0, into: &events) }
    }

    private mutating func ignore(into events: inout [Event]) {
        content = .ignored
        events.append(.fault(.fileUnrecognised, .file, "no episode in a known format; it is left alone"))
    }

    private mutating func unpack(
        _ bytes: UnsafeRawBufferPointer,
        with unpacker: Unpacker,
        into events: inout [Event]
    ) throws {
        guard !unpacker.isBroken else { return }
        // Nobody waits for the rest of what is left alone.
        if case .ignored = content { return }
        do {
            try unpacker.inflater.inflate(bytes) { unpacked in
                if case .ignored = content { return }
                unpackedBytes += Int64(unpacked.count)
                guard case .undecided = content else { return take(unpacked, into: &events) }
                prefix += unpacked
                if prefix.count >= EpisodeFormat.prefixBytes { settle(into: &events) }
            }
        } catch let error as ArchiveError where error.code != .resources {
            unpacker.isBroken = true
            if case .ignored = content { return }
            let isLimit = error.code == .bytesLimit || error.code == .ratioLimit
            events.append(.fault(isLimit ? .gzipLimit : .gzipMalformed, .file, error.message))
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) {
        switch content {
        case .text(var text):
            // Not two owners of one buffer, which would be copied for every slice.
            content = .ignored
            var pieces: [EpisodeText.Piece] = []
            text.add(bytes, into: &pieces)
            content = .text(text)
            take(pieces, into: &events)
        case .records(var frames):
            content = .ignored
            var records: [TFRecordFrames.Output] = []
            frames.add(bytes, into: &records)
            content = .records(frames)
            take(records, into: &events)
        case .undecided, .ignored: break
        }
    }

    // MARK: Text

    private mutating func take(_ pieces: [EpisodeText.Piece], into events: inout [Event]) {
        for piece in pieces {
            if case .ignored = content { return }
            switch piece {
            case .line(let bytes, let line): takeLine(bytes, .line(line), into: &events)
            case .step(let bytes, let line):
                if !hasObject { events.append(.start(nil)) }
                hasObject = true
                takeStep(bytes, .line(line), into: &events)
            case .document(let bytes): takeDocument(bytes, into: &events)
            case .stray: ignore(into: &events)
            case .fault(let code, let line, let message): events.append(.fault(code, .line(line), message))
            }
        }
    }

    private mutating func takeLine(_ bytes: [UInt8], _ place: EpisodeFinding.Place, into events: inout [Event]) {
        guard let json = parse(bytes, place, into: &events) else { return }
        let isFirst = !hasObject
        hasObject = true
        if !isSteps {
            if let metadata = json["metadata"], json["observation"] == nil, json["step_index"] == nil {
                guard json["steps"] == nil else {
                    return events.append(
                        .fault(.jsonInvalid, place, "/steps: wanted in a file of its own, or line by line")
                    )
                }
                events.append(.start(metadata["episode_id"]?.stringValue))
                events.append(.metadata(metadata, place))
                return
            }
            if isFirst, json["observation"] == nil, json["step_index"] == nil { return ignore(into: &events) }
        }
        takeStep(JSONReader(json), needsIndex: true, place, into: &events)
    }

    private func takeStep(_ bytes: [UInt8], _ place: EpisodeFinding.Place, into events: inout [Event]) {
        guard let json = parse(bytes, place, into: &events) else { return }
        takeStep(JSONReader(json), needsIndex: false, place, into: &events)
    }

    private func takeStep(
        _ reader: JSONReader,
        needsIndex: Bool,
        _ place: EpisodeFinding.Place,
        into events: inout [Event]
    ) {
        do throws(JSONTypeError) {
            let step = try EpisodeStep(reader, needsIndex: needsIndex)
            events.append(.step(step, try reader["episode_id"].optional?.string(), place))
        } catch {
            events.append(.fault(.stepInvalid, place, "\(error)"))
        }
    }

    private mutating func takeDocument(_ bytes: [UInt8], into events: inout [Event]) {
        guard let json = parse(bytes, .file, into: &events) else { return }
        guard json["steps"] != nil || json["metadata"] != nil || hasObject else { return ignore(into: &events) }
        guard json["steps"] == nil || json["steps"] == [] else {
            return events.append(.fault(.jsonInvalid, .file, "/steps: wanted an array under a name without escapes"))
        }
        if !hasObject { events.append(.start(nil)) }
        hasObject = true
        if let metadata = json["metadata"] { events.append(.metadata(metadata, .file)) }
    }

    private func parse(_ bytes: [UInt8], _ place: EpisodeFinding.Place, into events: inout [Event]) -> JSON? {
        do throws(JSONParseError) {
            return try JSON(parsing: bytes)
        } catch {
            events.append(.fault(.jsonInvalid, place, "\(error.code.rawValue) at its byte \(error.column)"))
            return nil
        }
    }

    // MARK: Records

    private mutating func take(_ records: [TFRecordFrames.Output], into events: inout [Event]) {
        for record in records {
            switch record {
            case .record(let bytes, let number, let offset):
                let place = EpisodeFinding.Place.record(number, offset: offset)
                do throws(EpisodeFault) {
                    try takeExample(bytes, at: offset, place, into: &events)
                } catch {
                    events.append(.fault(error.code, place, error.message))
                }
            case .fault(let code, let number, let offset, let message):
                events.append(.fault(code, .record(number, offset: offset), message))
            }
        }
    }

    private mutating func takeExample(
        _ bytes: [UInt8],
        at offset: Int64,
        _ place: EpisodeFinding.Place,
        into events: inout [Event]
    ) throws(EpisodeFault) {
        let example: TFExample
        do throws(ProtobufError) {
            example = try TFExample(parsing: bytes)
        } catch {
            let fault = EpisodeFinding.Place.record(place.record, offset: offset + Int64(error.offset))
            return events.append(.fault(.exampleMalformed, fault, error.code.rawValue))
        }
        let identifier = try ExampleMetadata.identifier(example)
        let metadata = try ExampleMetadata.json(example, bytesMax: limits.metadataBytesMax)
        if FlatEpisode.isFlat(example) {
            let episode = try FlatEpisode(example, limits)
            if episode.isFirst {
                events.append(.start(identifier))
                if let metadata { events.append(.metadata(metadata, place)) }
            } else if !hasFlatEpisode {
                throw EpisodeFault(.stepOrder, "steps/is_first is not set in the file's first Example")
            }
            hasFlatEpisode = true
            events.append(.steps(episode, identifier, place))
        } else if EpisodeStep.isStep(example) {
            let step = try EpisodeStep(example, jsonBytesMax: limits.lineBytesMax)
            events.append(.step(step, identifier, place))
            if let metadata { events.append(.metadata(metadata, place)) }
        } else {
            throw EpisodeFault(.exampleLayout, "neither steps/… nor observation: no episode and no step")
        }
    }

    /// A gzip stream under way; one thread uses it at a time, as the calls of an archive's visitor do.
    private final class Unpacker: @unchecked Sendable {
        let inflater: Inflater
        var isBroken = false

        init(_ inflater: Inflater) { self.inflater = inflater }
    }
}

extension EpisodeFinding.Place {
    /// The number of a record; 0 of none.
    fileprivate var record: Int {
        guard case .record(let number, _) = self else { return 0 }
        return number
    }
}
