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

    /// Rows between two looks at whether the task is cancelled.
    private static let rowsAtOnce = 4096

    /// The statistics of rows of one width, which are gone through twice; at least one row.
    ///
    /// - Throws: `CancellationError` where the task is cancelled meanwhile.
    init(rows: some Sequence<StepNumbers>, width: Int) throws {
        var sums = [Double](repeating: 0, count: width)
        var rowCount = 0
        for row in rows {
            if rowCount.isMultiple(of: Self.rowsAtOnce) { try Task.checkCancellation() }
            rowCount += 1
            row.withUnsafeBufferPointer { for column in $0.indices { sums[column] += Double($0[column]) } }
        }
        let count = Double(max(rowCount, 1))
        let mean = sums.map { $0 / count }
        var squares = [Double](repeating: 0, count: width)
        for (index, row) in rows.enumerated() {
            if index.isMultiple(of: Self.rowsAtOnce) { try Task.checkCancellation() }
            row.withUnsafeBufferPointer {
                for column in $0.indices {
                    let difference = Double($0[column]) - mean[column]
                    squares[column] += difference * difference
                }
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
