extension Dataset {
    /// The order in which an epoch, counted from 0, takes the training windows.
    func order(epoch: Int) -> [UInt32] {
        SplitMix64.order(count: trainingWindows.count, seed: seed, epoch: epoch)
    }

    /// The batch of so many windows at a place of an epoch's order, in the parts that the programs take at once; the
    /// last part may be filled up with padding.
    func trainingBatch(_ index: Int, of batchSize: Int, in order: [UInt32]) -> [Batch] {
        batches(windows(ofBatch: index, of: batchSize, in: order))
    }

    /// The windows of the batch at a place of an epoch's order.
    func windows(ofBatch index: Int, of batchSize: Int, in order: [UInt32]) -> [Window] {
        let start = index * batchSize
        return order[start..<min(start + batchSize, order.count)].map { trainingWindows[Int($0)] }
    }

    /// The batches that hold every validation step once, each made when it is asked for: padded to the programs'
    /// widths all of them may be many times the dataset.
    func validationBatches() -> some Sequence<Batch> {
        let windows = validationWindows
        return stride(from: 0, to: windows.count, by: shape.batchSize).lazy.map { start in
            batch(windows[start..<min(start + shape.batchSize, windows.count)])
        }
    }

    /// Windows in the parts that the programs take at once.
    func batches(_ windows: [Window]) -> [Batch] { parts(windows).map { batch($0) } }

    /// The same in a task that may be cancelled meanwhile: thousands of parts take seconds.
    ///
    /// - Throws: `CancellationError`.
    func batchesUnlessCancelled(_ windows: [Window]) throws -> [Batch] {
        try parts(windows).map { part in
            try Task.checkCancellation()
            return batch(part)
        }
    }

    private func parts(_ windows: [Window]) -> [ArraySlice<Window>] {
        stride(from: 0, to: windows.count, by: shape.batchSize).map { start in
            windows[start..<min(start + shape.batchSize, windows.count)]
        }
    }

    private func batch(_ windows: some Collection<Window>) -> Batch {
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
            let place = target * shape.observationWidth
            let observation = episode.observations.row(source, width: observationWidth)
            observation.copy(to: &batch.observations, at: place, normalised: observationNormalisation)
            guard episode.trainable[source] else { continue }
            batch.stepMask[target] = 1
            let action = episode.actions.row(source, width: actionWidth)
            guard label == nil else {
                for value in action { batch.targets[target * shape.targetWidth + Int(value)] = 1 }
                continue
            }
            action.copy(to: &batch.targets, at: target * shape.targetWidth, normalised: actionNormalisation)
        }
    }
}

extension StepNumbers {
    /// Puts the numbers of a step into an array, normalised where there are statistics.
    fileprivate func copy(to array: inout [Float], at place: Int, normalised statistics: Normalisation?) {
        withUnsafeBufferPointer { row in
            guard let statistics else {
                array.replaceSubrange(place..<place + row.count, with: row)
                return
            }
            for column in row.indices {
                array[place + column] = statistics.normalise(row[column], column: column)
            }
        }
    }
}
