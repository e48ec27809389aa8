public import Wire

/// Walks through the files of a package, in whatever order they come, and judges its episodes.
///
/// What is kept of them is their outline and the first findings: memory does not grow with their steps.
public struct EpisodeWalk<Visitor: EpisodeVisitor>: ArchiveVisitor, Sendable {
    /// What was found so far.
    public private(set) var report = EpisodeReport()
    /// The visitor as the calls left it.
    public private(set) var visitor: Visitor

    let isJudged: Bool
    private(set) var parts: [EpisodePart] = []
    /// By folder.
    private(set) var descriptions: [String: EpisodeDescription] = [:]
    let limits: EpisodeLimits
    private var path = EpisodePath("")
    private var file: EpisodeFile?
    private var metadata: [UInt8] = []
    private var openPart: Int?
    private var partsOfFile = 0
    private var events: [EpisodeFile.Event] = []
    private var unpackedBytes: Int64 = 0

    /// A walk that has seen nothing.
    ///
    /// - Parameter isJudged: false: descriptions are looked at only as far as a reader of the steps needs them, for
    ///   packages that were judged before.
    public init(visitor: Visitor, limits: EpisodeLimits = .standard, isJudged: Bool = true) {
        self.visitor = visitor
        self.limits = limits
        self.isJudged = isJudged
    }

    /// A file begins.
    public mutating func begin(_ member: ArchiveMember) {
        // Folders carry nothing; files are known by their places.
        path = EpisodePath(member.kind == .file ? member.path : "")
        openPart = nil
        partsOfFile = 0
        metadata = []
        let isRead = path.kind == .steps || path.kind == .file
        var own = limits
        own.unpackedBytesMax = min(limits.unpackedBytesMax, limits.packageUnpackedBytesMax - unpackedBytes)
        file = isRead && member.kind == .file ? EpisodeFile(isSteps: path.kind == .steps, limits: own) : nil
    }

    /// Its next bytes.
    ///
    /// - Throws: what the visitor throws, and `ArchiveError` `archive_resources`.
    public mutating func data(_ bytes: UnsafeRawBufferPointer) throws {
        if path.kind == .description {
            // One byte more than allowed tells that it is too long.
            metadata += bytes.prefix(limits.metadataBytesMax + 1 - metadata.count)
            return
        }
        for start in stride(from: 0, to: bytes.count, by: EpisodeFile.sliceBytes) where file != nil {
            let end = min(start + EpisodeFile.sliceBytes, bytes.count)
            try file?.add(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), into: &events)
            try takeEvents()
        }
    }

    /// It ends.
    public mutating func end() throws {
        if path.kind == .description { try describe() }
        try file?.finish(into: &events)
        try takeEvents()
        unpackedBytes += file?.unpackedBytes ?? 0
        file = nil
    }

    /// Adds a finding; `report` and the rest of the walk stay as they are.
    mutating func add(_ code: EpisodeFinding.Code, _ path: String, _ place: EpisodeFinding.Place, _ message: String) {
        report.add(EpisodeFinding(code, path, place, message))
    }

    private mutating func describe() throws {
        guard metadata.count <= limits.metadataBytesMax else {
            descriptions[path.folder] = EpisodeDescription(unreadable: ())
            return add(.metadataInvalid, path.path, .file, "longer than \(limits.metadataBytesMax) bytes")
        }
        guard descriptions[path.folder] == nil else {
            return add(.episodeDuplicate, path.path, .file, "came twice")
        }
        guard descriptions.count < limits.episodesMax else {
            return add(.episodesLimit, path.path, .file, "more than \(limits.episodesMax) episodes")
        }
        let json: JSON
        do throws(JSONParseError) {
            json = try JSON(parsing: metadata)
        } catch {
            // The folder is described all the same, and nothing is missing in what cannot be read.
            descriptions[path.folder] = EpisodeDescription(unreadable: ())
            return add(.jsonInvalid, path.path, .line(error.line), error.code.rawValue)
        }
        try visitor.describe(JSONReader(json))
        descriptions[path.folder] = judge(json, .file)
    }

    private mutating func judge(_ json: JSON, _ place: EpisodeFinding.Place) -> EpisodeDescription {
        let description = EpisodeDescription(JSONReader(json), isJudged: isJudged)
        for fault in description.faults { add(fault.code, path.path, place, fault.message) }
        return description
    }

    private mutating func takeEvents() throws {
        let taken = events
        events = []
        for event in taken where file != nil { try take(event) }
    }

    private mutating func take(_ event: EpisodeFile.Event) throws {
        switch event {
        case .start(let identifier): open(identifier, isStart: true)
        case .metadata(let json, let place):
            guard let part = openPart, parts[part].description == nil else { return }
            try visitor.describe(JSONReader(json))
            parts[part].description = judge(json, place)
        case .step(let step, let identifier, let place):
            try take(step, identifier, place)
        case .steps(let episode, let identifier, let place):
            for row in 0..<episode.stepCount { try take(episode.step(row), identifier, place) }
        case .fault(let code, let place, let message):
            add(code, path.path, place, message)
            guard let openPart, code.severity == .error else { return }
            parts[openPart].skip()
            // What cannot be read may have been its description.
            let isText = code == .jsonInvalid || code == .lineLimit
            if isText, path.kind == .file, parts[openPart].description == nil {
                parts[openPart].description = EpisodeDescription(unreadable: ())
            }
        }
    }

    private mutating func take(
        _ step: EpisodeStep,
        _ identifier: String?,
        _ place: EpisodeFinding.Place
    ) throws {
        if let part = openPart, identifier == nil || parts[part].identifier == identifier {
            // It goes on.
        } else if let identifier, let part = openPart, parts[part].isUnnamedStart {
            // Its description said no id, its steps do.
            check(identifier)
            parts[part].name(identifier)
        } else {
            open(identifier, isStart: false)
        }
        guard let part = openPart else { return }
        let faults = parts[part].take(step, at: place)
        for fault in faults { add(fault.code, path.path, place, fault.message) }
        do {
            try visitor.take(step, part: part)
        } catch let error as JSONTypeError {
            add(.stepInvalid, path.path, place, "\(error)")
        }
    }

    private mutating func open(_ identifier: String?, isStart: Bool) {
        guard parts.count < limits.partsMax else {
            add(.episodesLimit, path.path, .file, "more than \(limits.partsMax) stretches of steps; split the package")
            file = nil
            openPart = nil
            return
        }
        if let identifier { check(identifier) }
        openPart = parts.count
        // One that is too long is told, and not kept for each part.
        let kept = identifier.map { $0.prefix(utf8Bytes: EpisodeDescription.identifierBytesMax) }
        parts.append(EpisodePart(path: path, identifier: kept, isStart: isStart, ordinal: partsOfFile))
        partsOfFile += 1
    }

    private mutating func check(_ identifier: String) {
        let limit = EpisodeDescription.identifierBytesMax
        guard identifier.isEmpty || identifier.utf8.count > limit else { return }
        add(.metadataInvalid, path.path, .file, "episode_id: wanted 1 to \(limit) bytes")
    }
}
