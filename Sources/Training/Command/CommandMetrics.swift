import Glibc
import Wire

/// Follows the `metrics.jsonl` that a command appends to.
struct CommandMetrics {
    /// Bytes that are read at once.
    private static let chunkBytesMax = 1 << 20
    /// Bytes of a line; a longer one is no metric.
    private static let lineBytesMax = 64 << 10
    /// The newest measurements that are kept one by one at least, for checkpoints that are looked at later.
    private static let pointsMax = 1 << 16

    /// A line that counts.
    struct Line: Sendable, Equatable {
        let step: Int
        let loss: Double?
        let validationLoss: Double?
        let json: JSON

        /// All its numbers for those who keep curves, the losses under the names that they have everywhere.
        var numbers: [(name: String, value: Double)] {
            guard case .object(let members) = json else { return [] }
            let losses = ["loss": "loss/train", "validation_loss": "loss/validation"]
            let numbers = members.compactMap { name, value -> (name: String, value: Double)? in
                guard name != "step", let number = try? JSONReader(value).double() else { return nil }
                return (losses[name] ?? name, number)
            }
            // The losses are never among those that are too many.
            let isLoss = Set(losses.values).contains
            let sorted = numbers.sorted { (isLoss($0.name) ? 0 : 1, $0.name) < (isLoss($1.name) ? 0 : 1, $1.name) }
            return Array(sorted.prefix(RunTelemetry.namesMax))
        }
    }

    /// What the whole run has measured so far, earlier attempts included.
    var figures: RunFigures { measured.figures }
    /// Whether the last call found anything: then there may be more.
    private(set) var hasMore = false
    /// Lines that are no objects with a `step`.
    private(set) var flawCount = 0

    private let path: String
    private var offset: Int64 = 0
    private var rest: [UInt8] = []
    private var measured: Sums
    /// What was measured before the points: by earlier attempts, and what is too long ago to be kept one by one.
    private var before: Sums
    private var points: [Point] = []

    /// The losses of a line.
    private struct Point {
        let step: Int
        let loss: Double?
        let validationLoss: Double?
    }

    /// What lines come to.
    private struct Sums {
        var figures: RunFigures
        /// The last one.
        var validationLoss: Double?

        mutating func add(_ point: Point) {
            figures.steps = point.step
            if let loss = point.loss {
                figures.initialLoss = figures.initialLoss ?? loss
                figures.finalLoss = loss
            }
            guard let loss = point.validationLoss else { return }
            validationLoss = loss
            if loss < figures.bestValidationLoss ?? .infinity {
                (figures.bestValidationLoss, figures.bestStep) = (loss, point.step)
            }
        }
    }

    /// - Parameters:
    ///   - figures: what was measured up to the checkpoint that is gone on from.
    ///   - validationLoss: what was measured last on the validation steps before it.
    init(path: String, after figures: RunFigures? = nil, _ validationLoss: Double? = nil) {
        self.path = path
        before = Sums(figures: figures ?? RunFigures(), validationLoss: validationLoss)
        measured = before
    }

    /// What was measured at a step or before it, and the validation loss that was so last: what a checkpoint of that
    /// step may say of itself. The attempt that goes on from it measures the rest again.
    func measured(at step: Int) -> (figures: RunFigures, validationLoss: Double?) {
        var sums = before
        for point in points where point.step <= step { sums.add(point) }
        return (sums.figures, sums.validationLoss)
    }

    /// The lines that were completed since the last call, of at most ``chunkBytesMax`` bytes more.
    mutating func read() -> [Line] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytesMax)
        let count = pread(file, &chunk, chunk.count, off_t(offset))
        hasMore = count > 0
        guard count > 0 else { return [] }
        offset += Int64(count)
        rest += chunk[..<count]
        var lines: [Line] = []
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let line = take(rest[start..<end]) { lines.append(line) }
            start = end + 1
        }
        rest.removeSubrange(..<start)
        if rest.count > Self.lineBytesMax {
            flawCount += 1
            rest = []
        }
        return lines
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) -> Line? {
        guard !bytes.isEmpty else { return nil }
        guard bytes.count <= Self.lineBytesMax, let json = try? JSON(parsing: Array(bytes)),
            let step = try? JSONReader(json)["step"].int(in: 0...Int.max)
        else {
            flawCount += 1
            return nil
        }
        let reader = JSONReader(json)
        let (loss, validation) = (try? reader["loss"].double(), try? reader["validation_loss"].double())
        keep(Point(step: step, loss: loss, validationLoss: validation))
        return Line(step: step, loss: loss, validationLoss: validation, json: json)
    }

    private mutating func keep(_ point: Point) {
        measured.add(point)
        points.append(point)
        guard points.count > 2 * Self.pointsMax else { return }
        for old in points.prefix(Self.pointsMax) { before.add(old) }
        points.removeFirst(Self.pointsMax)
    }
}
