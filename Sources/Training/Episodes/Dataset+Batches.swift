extension Dataset {
    /// The order in which an epoch, counted from 0, takes the training windows.
    func order(epoch: Int) -> [Int] {
        SplitMix64.order(count: trainingWindows.count, seed: seed, epoch: epoch)
    }

    /// The batch of so many windows at a place of an epoch's order, in the parts that the programs take at once; the
    /// last part may be filled up with padding.
    func trainingBatch(_ index: Int, of batchSize: Int, in order: [Int]) -> [Batch] {
        let start = index * batchSize
        return batches(order[start..<min(start + batchSize, order.count)].map { trainingWindows[$0] })
    }

    /// The batches that hold every validation step once.
    func validationBatches() -> [Batch] { batches(validationWindows) }

    /// Windows in the parts that the programs take at once.
    func batches(_ windows: [Window]) -> [Batch] {
        stride(from: 0, to: windows.count, by: shape.batchSize).map { start in
            batch(windows[start..<min(start + shape.batchSize, windows.count)])
        }
    }

    /// The validation loss of the best that can be said without looking: the mean of the actions trained on, which is
    /// zero for every normalised column.
    public var baselineLoss: Double {
        var (sum, weight) = (0.0, 0.0)
        for batch in validationBatches() {
            for (step, used) in batch.stepMask.enumerated() where used != 0 {
                let row = step * shape.actionWidth
                sum += batch.actions[row..<row + shape.actionWidth].reduce(0) { $0 + Double($1) * Double($1) }
                weight += Double(actionWidth)
            }
        }
        return sum / max(weight, 1)
    }

    private func batch(_ windows: ArraySlice<Window>) -> Batch {
        var batch = Batch(shape: shape)
        for (row, window) in windows.enumerated() { fill(&batch, row: row, from: window) }
        return batch
    }

    private func fill(_ batch: inout Batch, row: Int, from window: Window) {
        let episode = episodes[window.episode]
        for column in 0..<observationWidth { batch.observationMask[row * shape.observationWidth + column] = 1 }
        for column in 0..<actionWidth { batch.actionMask[row * shape.actionWidth + column] = 1 }
        for offset in 0..<min(shape.windowSteps, episode.stepCount - window.start) {
            let source = window.start + offset
            let target = row * shape.windowSteps + offset
            for column in 0..<observationWidth {
                let value = episode.observations[source * observationWidth + column]
                batch.observations[target * shape.observationWidth + column] =
                    observationNormalisation.normalise(value, column: column)
            }
            guard episode.trainable[source] else { continue }
            batch.stepMask[target] = 1
            for column in 0..<actionWidth {
                let value = episode.actions[source * actionWidth + column]
                batch.actions[target * shape.actionWidth + column] =
                    actionNormalisation.normalise(value, column: column)
            }
        }
    }
}
