public import Wire

/// Mean and spread of each column, taken from training steps alone, and the way from raw numbers to the model's.
public struct Normalisation: Sendable, Equatable {
    /// The mean of each column.
    public let mean: [Double]
    /// The standard deviation of each column; 1 for a column that does not move.
    public let spread: [Double]

    /// Normalised numbers are cut to this magnitude: what training never saw must not swamp the model.
    public static let normalisedMax = 10.0

    private static let spreadMin = 1e-6

    /// The statistics of rows of one width; at least one row.
    init(rows: [ArraySlice<Float>], width: Int) {
        var sums = [Double](repeating: 0, count: width)
        for row in rows { for (column, value) in row.enumerated() { sums[column] += Double(value) } }
        let count = Double(max(rows.count, 1))
        let mean = sums.map { $0 / count }
        var squares = [Double](repeating: 0, count: width)
        for row in rows {
            for (column, value) in row.enumerated() {
                let difference = Double(value) - mean[column]
                squares[column] += difference * difference
            }
        }
        self.mean = mean
        spread = squares.map {
            let deviation = ($0 / count).squareRoot()
            return deviation < Self.spreadMin ? 1 : deviation
        }
    }

    /// The number as the model sees it.
    func normalise(_ value: Float, column: Int) -> Float {
        let scaled = (Double(value) - mean[column]) / spread[column]
        return Float(min(max(scaled, -Self.normalisedMax), Self.normalisedMax))
    }

    /// `{"mean": […], "spread": […]}`.
    public var json: JSON {
        ["mean": .array(mean.map(JSON.double)), "spread": .array(spread.map(JSON.double))]
    }
}
