@testable import Training

/// Keeps all that a run tells, and asks it to stop where the test wants.
actor RecordingObserver: TrainingObserver {
    private(set) var losses: [Double] = []
    private(set) var points: [ValidationPoint] = []
    private(set) var checkpoints: [TrainingCheckpoint] = []
    private let stopAfterSteps: Int
    private let stop: StopSignal?

    init(stopAfterSteps: Int = .max, stop: StopSignal? = nil) {
        self.stopAfterSteps = stopAfterSteps
        self.stop = stop
    }

    func didTrain(_ progress: TrainingProgress) { losses.append(progress.loss) }
    func didValidate(_ point: ValidationPoint) { points.append(point) }
    func didCheckpoint(_ checkpoint: TrainingCheckpoint) { checkpoints.append(checkpoint) }
    func stopRequested() -> Bool { losses.count >= stopAfterSteps || stop?.isRequested == true }
}
