import SignalboxCore

@testable import Training

/// An engine without arithmetic: its one parameter counts the steps, and its losses are read from scripts.
actor CountingEngine: TrainingEngine {
    nonisolated let model = "wavecore"
    nonisolated let programDigest = "counting"
    nonisolated let platform = "cpu"
    nonisolated let deviceKind = "abacus"
    nonisolated let shape: ModelShape

    /// In how many parts each batch came.
    private(set) var partCounts: [Int] = []

    private var count = 0
    private let didPart: @Sendable (_ step: Int, _ part: Int) -> Void
    private let trainingLoss: @Sendable (Int) -> Float
    private let validationLoss: @Sendable (Int) -> Double
    private let willExportParameters: @Sendable () -> Void

    /// The losses after that many steps.
    ///
    /// - Parameters:
    ///   - observationWidth: numbers of an observation at most.
    ///   - didPart: told of each part of a batch in several, both counted from 1.
    init(
        observationWidth: Int = 3,
        didPart: @escaping @Sendable (_ step: Int, _ part: Int) -> Void = { _, _ in },
        trainingLoss: @escaping @Sendable (Int) -> Float = { 1 / Float($0) },
        validationLoss: @escaping @Sendable (Int) -> Double = { 1 / Double($0) },
        willExportParameters: @escaping @Sendable () -> Void = {}
    ) {
        shape = ModelShape(
            batchSize: 2,
            windowSteps: 4,
            windowStrideSteps: 2,
            observationWidth: observationWidth,
            targetWidth: 2
        )
        self.didPart = didPart
        self.trainingLoss = trainingLoss
        self.validationLoss = validationLoss
        self.willExportParameters = willExportParameters
    }

    /// One whose run is asked to stop in a step.
    init(stopping stop: StopSignal, at last: Int) {
        self.init(trainingLoss: { step in
            if step == last { stop.request(.terminated) }
            return 1 / Float(step)
        })
    }

    func initialise(seed: UInt64) { count = 0 }

    func trainStep(
        _ parts: [Batch],
        next: [Batch],
        learningRate: Float,
        unless isInterrupted: @Sendable () -> Bool
    ) -> Float? {
        if parts.count > 1 {
            for part in 1...parts.count {
                if isInterrupted() { return nil }
                didPart(count + 1, part)
            }
        }
        count += 1
        partCounts.append(parts.count)
        return trainingLoss(count)
    }

    func evaluate(_ batch: Batch) -> Evaluation { Evaluation(lossSum: validationLoss(count), weight: 1) }

    func predict(_ batch: Batch) -> [Float] { [] }

    func exportParameters() throws(TrainingError) -> [Tensor] {
        willExportParameters()
        return try exportState()
    }

    func exportState() throws(TrainingError) -> [Tensor] {
        guard
            let tensor = Tensor(
                name: "count",
                shape: [],
                element: .int32,
                bytes: (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
            )
        else { throw TrainingError(.signatureMismatch, "four bytes are one number") }
        return [tensor]
    }

    func importState(_ tensors: [Tensor]) { count = CountingEngine.count(tensors) }

    /// The steps that a state was counted after.
    static func count(_ tensors: [Tensor]) -> Int {
        tensors[0].bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
