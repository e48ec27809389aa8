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

    private func batch(_ windows: ArraySlice<Window>) -> Batch {
        var batch = Batch(shape: shape)
        for (row, window) in windows.enumerated() { fill(&batch, row: row, from: window) }
        return batch
    }

    private func fill(_ batch: inout Batch, row: Int, from window: Window) {
        let episode = episodes[window.episode]
        for column in 0..<observationWidth { batch.observationMask[row * shape.observationWidth + column] = 1 }
        let targets = label?.classes ?? actionWidth
        for column in 0..<targets { batch.targetMask[row * shape.targetWidth + column] = 1 }
        for offset in 0..<min(shape.windowSteps, episode.stepCount - window.start) {
            let source = window.start + offset
            let target = row * shape.windowSteps + offset
            let observation = episode.observations[source * observationWidth..<(source + 1) * observationWidth]
            for (column, value) in observation.enumerated() {
                batch.observations[target * shape.observationWidth + column] =
                    observationNormalisation?.normalise(value, column: column) ?? value
            }
            guard episode.trainable[source] else { continue }
            batch.stepMask[target] = 1
            let action = episode.actions[source * actionWidth..<(source + 1) * actionWidth]
            guard label == nil else {
                for value in action { batch.targets[target * shape.targetWidth + Int(value)] = 1 }
                continue
            }
            for (column, value) in action.enumerated() {
                batch.targets[target * shape.targetWidth + column] =
                    actionNormalisation?.normalise(value, column: column) ?? value
            }
        }
    }
}
