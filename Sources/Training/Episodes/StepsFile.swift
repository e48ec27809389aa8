import Wire

/// The steps of one `.jsonl` file.
struct StepsFile: Sendable {
    let path: String
    /// `step_index` of the first step.
    private(set) var firstIndex = 0
    private(set) var observationSource = ObservationSource.jointPositions
    private(set) var observationWidth = 0
    /// 0 where no step has an action.
    private(set) var actionWidth = 0
    private(set) var observations: [Float] = []
    private(set) var actions: [Float] = []
    private(set) var trainable: [Bool] = []

    var stepCount: Int { trainable.count }

    /// Reads all lines; empty lines are left out.
    init(path: String, bytes: [UInt8], columns: StepColumns, lineBytesMax: Int) throws(TrainingError) {
        self.path = path
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard !line.isEmpty else { continue }
            guard line.count <= lineBytesMax else {
                let sizes = "\(line.count) bytes, allowed are \(lineBytesMax)"
                throw TrainingError(.datasetTooLarge, "\(path), line \(number): a step of \(sizes)")
            }
            let step: JSONReader
            do throws(JSONParseError) {
                step = JSONReader(try JSON(parsing: Array(line)))
            } catch {
                throw TrainingError(.episodeSchema, "\(path), line \(number): \(error)")
            }
            try add(step, columns, line: number)
        }
    }

    private mutating func add(_ step: JSONReader, _ columns: StepColumns, line: Int) throws(TrainingError) {
        let index: Int
        let observation: [Float]
        let action: [Float]?
        do throws(JSONTypeError) {
            index = try step["step_index"].int(in: 0...Int(Int32.max))
            let source: ObservationSource
            (source, observation) = try columns.observation(of: step)
            action = try columns.target(of: step)
            if stepCount == 0 { (firstIndex, observationSource) = (index, source) }
            guard source == observationSource else {
                throw step["observation"].mismatch("numbers in \(observationSource.rawValue)", found: source.rawValue)
            }
            guard index == firstIndex + stepCount else {
                throw step["step_index"].mismatch("\(firstIndex + stepCount)", found: "\(index)")
            }
        } catch {
            throw TrainingError(.episodeSchema, "\(path), line \(line): \(error)")
        }
        if stepCount == 0 { observationWidth = observation.count }
        if let action, actionWidth == 0 {
            actionWidth = action.count
            actions = Array(repeating: 0, count: stepCount * actionWidth)
        }
        guard observation.count == observationWidth, action == nil || action?.count == actionWidth else {
            let widths = "\(observation.count) and \(action?.count ?? actionWidth) numbers"
            let wanted = "wanted \(observationWidth) and \(actionWidth)"
            throw TrainingError(.dimensionMismatch, "\(path), line \(line): \(widths), \(wanted)")
        }
        observations += observation
        actions += action ?? Array(repeating: 0, count: actionWidth)
        trainable.append(action != nil)
    }
}
