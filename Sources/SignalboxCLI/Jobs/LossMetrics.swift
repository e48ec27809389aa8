import Wire

/// The losses of a training by step, from its `metrics.jsonl`.
struct LossMetrics {
    /// One measurement.
    struct Point: Equatable {
        let step: Int
        let loss: Double
    }

    private(set) var training: [Point] = []
    private(set) var validation: [Point] = []

    /// Reads one JSON object a line; a line that is none, as the last of a log that is being written, is passed over.
    ///
    /// A step that stands twice, because an attempt went on from a checkpoint, counts as it was measured last.
    init(parsing bytes: [UInt8]) {
        var losses: [Int: Double] = [:]
        var validations: [Int: Double] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let json = try? JSON(parsing: Array(line)), let step = json["step"]?.integerValue else { continue }
            let reader = JSONReader(json)
            if let loss = try? reader["loss"].double() { losses[Int(step)] = loss }
            if let loss = try? reader["validation_loss"].double() { validations[Int(step)] = loss }
        }
        training = Self.points(losses)
        validation = Self.points(validations)
    }

    private static func points(_ losses: [Int: Double]) -> [Point] {
        losses.sorted { $0.key < $1.key }.map { Point(step: $0.key, loss: $0.value) }
    }

    /// Both curves.
    var json: JSON {
        func json(_ points: [Point]) -> JSON {
            .array(points.map { ["step": .integer(Int64($0.step)), "loss": .double($0.loss)] })
        }
        return ["training": json(training), "validation": json(validation)]
    }
}
