import SignalboxCore
import Wire

/// What earlier attempts have measured up to the step that is gone on from.
struct EarlierCurve: Sendable {
    /// Lines between two looks at whether anybody still wants them: a curve may have millions.
    private static let linesAtOnce = 1000

    /// The lines, each with its end.
    private(set) var lines: [UInt8] = []
    /// The training loss on the last of them that has one.
    private(set) var last: (step: Int, loss: Double)?

    /// Reads a curve beside whatever else there is to do.
    ///
    /// - Throws: `CancellationError`.
    @concurrent static func read(_ bytes: [UInt8], upTo step: Int) async throws -> EarlierCurve {
        var curve = EarlierCurve()
        var rest = bytes[...]
        var lineCount = 0
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            curve.take(rest[..<end], upTo: step)
            rest = rest[end...].dropFirst()
            lineCount += 1
            guard lineCount.isMultiple(of: linesAtOnce) else { continue }
            try Task.checkCancellation()
            await Task.yield()
        }
        return curve
    }

    private mutating func take(_ line: ArraySlice<UInt8>, upTo step: Int) {
        guard let json = try? JSON(parsing: Array(line)), let at = json["step"]?.integerValue, at <= step else {
            return
        }
        lines += line + [UInt8(ascii: "\n")]
        if let loss = try? JSONReader(json)["loss"].double() { last = (Int(at), loss) }
    }
}
