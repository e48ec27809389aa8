import Glibc

/// The cutpoints of an ordinal model, from its parameters: c_0, and c_k = c_(k-1) + softplus(gap_k).
struct Cutpoints: Equatable {
    /// Ascending; one fewer than there are classes.
    let values: [Double]

    /// Nil where the parameters are not those of an ordinal model.
    init?(_ parameters: [Tensor], classes: Int) {
        func numbers(_ name: String) -> [Float]? { parameters.first { $0.name == name }?.floats }
        guard let first = numbers("cutpoints.first")?.first, let gaps = numbers("cutpoints.gaps"),
            (2...gaps.count + 2).contains(classes)
        else { return nil }
        values = gaps.prefix(classes - 2).reduce(into: [Double(first)]) { values, gap in
            values.append(values[values.count - 1] + Self.softplus(Double(gap)))
        }
    }

    private static func softplus(_ value: Double) -> Double { max(value, 0) + log1p(exp(-abs(value))) }
}
