/// A stretch of steps of one episode in one file, and what its neighbours have to fit.
struct EpisodePart: Sendable {
    /// The file.
    let path: EpisodePath
    /// The id that the steps say themselves.
    private(set) var identifier: String?
    /// Whether the file says that the episode begins here.
    let isStart: Bool
    /// How many parts the file has ahead of this one.
    let ordinal: Int

    /// The description in the file itself.
    var description: EpisodeDescription?
    private(set) var stepCount = 0
    private(set) var firstIndex: Int?
    /// The number that the next step must have; nil behind a step that could not be read.
    private(set) var nextIndex: Int?
    private(set) var source = ObservationSource.leaves
    /// 0 where no step has numbers to see.
    private(set) var observationWidth = 0
    /// 0 where no step has an action.
    private(set) var actionWidth = 0
    private(set) var hasTerminal = false
    /// Where a step stands that has nothing to see but its episode's text.
    private(set) var blind: EpisodeFinding.Place?
    /// By ``EpisodeClock``; empty until a step has one.
    private(set) var firstTimes: [Int64?] = []
    private(set) var lastTimes: [Int64?] = []

    init(path: EpisodePath, identifier: String?, isStart: Bool, ordinal: Int) {
        self.path = path
        self.identifier = identifier
        self.isStart = isStart
        self.ordinal = ordinal
    }

    /// Whether it begins an episode that nobody has named yet.
    var isUnnamedStart: Bool { isStart && identifier == nil && stepCount == 0 }

    /// The episode's steps say its id.
    mutating func name(_ identifier: String) {
        self.identifier = identifier.prefix(utf8Bytes: EpisodeDescription.identifierBytesMax)
    }

    /// A step could not be read.
    mutating func skip() { nextIndex = nil }

    /// Takes the next step and says what is wrong with it.
    mutating func take(_ step: EpisodeStep, at place: EpisodeFinding.Place) -> [EpisodeFault] {
        var faults: [EpisodeFault] = []
        let index = step.index ?? nextIndex ?? stepCount
        if let nextIndex, index != nextIndex {
            faults.append(EpisodeFault(.stepOrder, "/step_index: wanted \(nextIndex), found \(index)"))
        }
        if firstIndex == nil { firstIndex = index }
        nextIndex = index + 1
        faults += checkWidths(step)
        if !step.isSeen, blind == nil { blind = place }
        faults += checkTimes(step)
        if hasTerminal { faults.append(EpisodeFault(.terminalEarly, "a step behind one with is_terminal")) }
        hasTerminal = step.isTerminal
        stepCount += 1
        return faults
    }

    private mutating func checkWidths(_ step: EpisodeStep) -> [EpisodeFault] {
        // A step may have a text and no numbers.
        let hasNumbers = !step.observation.isEmpty
        if hasNumbers, observationWidth == 0 { (source, observationWidth) = (step.source, step.observation.count) }
        if let action = step.action, actionWidth == 0 { actionWidth = action.count }
        guard !hasNumbers || step.source == source else {
            let sources = "numbers in \(source.rawValue), found \(step.source.rawValue)"
            return [EpisodeFault(.stepWidth, "/observation: wanted \(sources)")]
        }
        let widths = (hasNumbers ? step.observation.count : observationWidth, step.action?.count ?? actionWidth)
        guard widths == (observationWidth, actionWidth) else {
            let found = "\(widths.0) and \(widths.1) numbers"
            let message = "observation and action have \(found), wanted \(observationWidth) and \(actionWidth)"
            return [EpisodeFault(.stepWidth, message)]
        }
        return []
    }

    private mutating func checkTimes(_ step: EpisodeStep) -> [EpisodeFault] {
        guard !step.times.isEmpty else { return [] }
        if lastTimes.isEmpty { (firstTimes, lastTimes) = (step.times, step.times) }
        var faults = EpisodeClock.allCases.compactMap { clock -> EpisodeFault? in
            guard let now = step.times[clock.index], let last = lastTimes[clock.index], now < last else { return nil }
            let message = "\(clock.rawValue): \(last - now) ns before the step ahead of it"
            return EpisodeFault(.timeOrder, message)
        }
        for (index, time) in step.times.enumerated() {
            lastTimes[index] = time ?? lastTimes[index]
            firstTimes[index] = firstTimes[index] ?? time
        }
        let frames = EpisodeClock.allCases.filter(\.isFrame).compactMap { step.times[$0.index] }
        if let first = frames.min(), let last = frames.max(), last - first > EpisodeClock.framesApartNanosecondsMax {
            let limit = "\(EpisodeClock.framesApartNanosecondsMax) ns"
            faults.append(EpisodeFault(.framesApart, "frames \(last - first) ns apart, allowed are \(limit)"))
        }
        return faults
    }
}
