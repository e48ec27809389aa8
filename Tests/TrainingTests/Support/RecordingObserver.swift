import Synchronization

@testable import Training

/// Keeps all that a run tells, and asks it to stop where the test wants.
actor RecordingObserver: TrainingObserver {
    private(set) var losses: [Double] = []
    private(set) var points: [ValidationPoint] = []
    private(set) var checkpoints: [TrainingCheckpoint] = []
    private let stopAfterSteps: Int
    private let stopAfterQuestions: Int
    private let stop: StopSignal?
    private let counts = Mutex((steps: 0, questions: 0))

    init(stopAfterSteps: Int = .max, stopAfterQuestions: Int = .max, stop: StopSignal? = nil) {
        self.stopAfterSteps = stopAfterSteps
        self.stopAfterQuestions = stopAfterQuestions
        self.stop = stop
    }

    func didTrain(_ progress: TrainingProgress) {
        losses.append(progress.loss)
        counts.withLock { $0.steps += 1 }
    }
    func didValidate(_ point: ValidationPoint) { points.append(point) }
    func didCheckpoint(_ checkpoint: TrainingCheckpoint) { checkpoints.append(checkpoint) }

    nonisolated func stopRequested() -> Bool {
        counts.withLock { counts in
            counts.questions += 1
            return counts.steps >= stopAfterSteps || counts.questions > stopAfterQuestions
        } || stop?.isRequested == true
    }
}
