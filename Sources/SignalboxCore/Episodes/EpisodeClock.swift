import Wire

/// The times that a step may carry, each a clock of its own; the raw value is where they stand.
enum EpisodeClock: String, CaseIterable {
    case step = ""
    case stepMetadata = "/step_metadata"
    case robotState = "/observation/robot_state"
    case leftArm = "/observation/robot_state/left_arm"
    case rightArm = "/observation/robot_state/right_arm"
    case video = "/observation/egocentric_video"
    case depth = "/observation/egocentric_depth"
    case rgb = "/observation/media/rgb"
    case mediaDepth = "/observation/media/depth"

    /// How far apart the frames of one step may be, in nanoseconds: 5 ms.
    static let framesApartNanosecondsMax: Int64 = 5_000_000

    /// Names of times, and the nanoseconds of their unit.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("timestamp_ns", 1), ("timestamp_nanos", 1), ("timestamp_micros", 1000), ("timestamp_ms", 1_000_000),
        ("timestamp_millis", 1_000_000),
    ]

    /// The names on the way to each, in the order of all cases: made once, they are asked for in every step.
    private static let paths = allCases.map { $0.rawValue.split(separator: "/").map(String.init) }

    /// Whether this is the time of a frame, to be compared with the other frames of its step.
    var isFrame: Bool { self != .step && self != .stepMetadata }

    /// The times of a step in nanoseconds, by clock; empty where it has none.
    static func times(of step: JSONReader) throws(JSONTypeError) -> [Int64?] {
        var times: [Int64?] = []
        for (index, path) in paths.enumerated() {
            // Most steps have few of them: a reader is made only for what is there.
            var place: JSON? = step.value
            for name in path { place = place?[name] }
            guard case .object(let members)? = place, units.contains(where: { members[$0.name] != nil }) else {
                continue
            }
            var reader = step
            for name in path { reader = reader[name] }
            guard let time = try nanoseconds(reader) else { continue }
            if times.isEmpty { times = Array(repeating: nil, count: paths.count) }
            times[index] = time
        }
        return times
    }

    private static func nanoseconds(_ reader: JSONReader) throws(JSONTypeError) -> Int64? {
        for (name, unit) in units {
            guard let time = reader[name].optional else { continue }
            // Metadata of steps is a map of strings to strings.
            if let text = time.value.stringValue {
                guard let number = Int64(text), (0...Int64.max / unit).contains(number) else {
                    throw time.mismatch("a time in whole units")
                }
                return number * unit
            }
            return try time.integer(in: 0...Int64.max / unit) * unit
        }
        return nil
    }

    /// Its place in a list of times.
    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
