/// What is in the batches of a run by step, over all its epochs.
struct EpochOrder {
    private let dataset: Dataset
    private let batchSize: Int
    private let batchesPerEpoch: Int
    private var epoch = -1
    private var order: [UInt32] = []

    init(dataset: Dataset, batchSize: Int) {
        self.dataset = dataset
        self.batchSize = batchSize
        batchesPerEpoch = dataset.batchesPerEpoch(of: batchSize)
    }

    /// The windows of a step's batch; steps are counted from 0.
    mutating func windows(_ step: Int) -> [Dataset.Window] {
        let (epoch, index) = step.quotientAndRemainder(dividingBy: batchesPerEpoch)
        if self.epoch != epoch {
            // Never two orders at once.
            order = []
            (self.epoch, order) = (epoch, dataset.order(epoch: epoch))
        }
        return dataset.windows(ofBatch: index, of: batchSize, in: order)
    }
}
