import Glibc

/// A loss curve in text: Braille dots, two by four to a character, losses on a logarithmic scale where they span
/// decades.
struct LossPlot {
    private static let columns = 64
    private static let rows = 12
    /// From which ratio of the largest to the smallest loss on the scale is logarithmic.
    private static let logarithmicRatio = 8.0
    private static let labelWidth = 9

    private let metrics: LossMetrics
    private let steps: ClosedRange<Int>
    private let low: Double
    private let high: Double
    private let isLogarithmic: Bool

    /// A plot of at least one measurement.
    init(_ metrics: LossMetrics) {
        self.metrics = metrics
        let points = metrics.training + metrics.validation
        let first = points.map(\.step).min() ?? 0
        steps = first...max(points.map(\.step).max() ?? 0, first + 1)
        let losses = points.map(\.loss).filter(\.isFinite)
        let (smallest, largest) = (losses.min() ?? 0, losses.max() ?? 1)
        isLogarithmic = smallest > 0 && largest / smallest >= Self.logarithmicRatio
        low = isLogarithmic ? log10(smallest) : smallest
        high = max(isLogarithmic ? log10(largest) : largest, low + 1e-12)
    }

    /// The lines from top to bottom, the legend last.
    var lines: [String] {
        var dots = [UInt8](repeating: 0, count: Self.columns * Self.rows)
        draw(metrics.training, into: &dots)
        var marks: Set<Int> = []
        for point in metrics.validation where point.loss.isFinite {
            let (x, y) = place(point)
            marks.insert(y / 4 * Self.columns + x / 2)
        }
        var lines = (0..<Self.rows).map { row -> String in
            let cells = (0..<Self.columns).map { column -> Character in
                let cell = row * Self.columns + column
                return marks.contains(cell) ? "×" : Self.braille(dots[cell])
            }
            return label(row) + " ┤" + String(cells)
        }
        let blank = String(repeating: " ", count: Self.labelWidth)
        lines.append(blank + " └" + String(repeating: "─", count: Self.columns))
        let (first, last) = ("step \(steps.lowerBound)", "\(steps.upperBound)")
        let gap = String(repeating: " ", count: max(1, Self.columns - first.count - last.count))
        lines.append(blank + "  " + first + gap + last)
        lines.append(blank + "  " + legend)
        return lines
    }

    private var legend: String {
        let scale = isLogarithmic ? ", logarithmic" : ""
        guard !metrics.validation.isEmpty else { return "training loss\(scale)" }
        return "⠒ training loss   × validation loss\(scale)"
    }

    /// Joins the points of a curve.
    private func draw(_ points: [LossMetrics.Point], into dots: inout [UInt8]) {
        var last: (x: Int, y: Int)?
        for point in points where point.loss.isFinite {
            let (x, y) = place(point)
            let start = last ?? (x, y)
            let strides = max(abs(x - start.x), abs(y - start.y), 1)
            for stride in 0...strides {
                set(start.x + (x - start.x) * stride / strides, start.y + (y - start.y) * stride / strides, &dots)
            }
            last = (x, y)
        }
    }

    /// The dot of a point, counted from the upper left.
    private func place(_ point: LossMetrics.Point) -> (x: Int, y: Int) {
        let loss = isLogarithmic ? log10(max(point.loss, 1e-300)) : point.loss
        let across = Double(point.step - steps.lowerBound) / Double(steps.count - 1)
        let down = (high - min(max(loss, low), high)) / (high - low)
        let (width, height) = (Self.columns * 2 - 1, Self.rows * 4 - 1)
        return (Int((across * Double(width)).rounded()), Int((down * Double(height)).rounded()))
    }

    private func set(_ x: Int, _ y: Int, _ dots: inout [UInt8]) {
        // The order of the dots in U+2800 … U+28FF.
        let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
        dots[y / 4 * Self.columns + x / 2] |= bits[y % 4][x % 2]
    }

    private static func braille(_ dots: UInt8) -> Character {
        dots == 0 ? " " : Unicode.Scalar(0x2800 + UInt32(dots)).map { Character($0) } ?? " "
    }

    /// The loss of a row's middle, at the top, the bottom and between.
    private func label(_ row: Int) -> String {
        guard row == 0 || row == Self.rows - 1 || row == Self.rows / 2 else {
            return String(repeating: " ", count: Self.labelWidth)
        }
        let value = high - (high - low) * Double(row) / Double(Self.rows - 1)
        let text = Figures.loss(isLogarithmic ? pow(10, value) : value)
        return String(repeating: " ", count: max(0, Self.labelWidth - text.count)) + text
    }
}
