import Wire

/// A place in the order of the data: the batch that is trained next.
struct DataPosition: Sendable, Equatable {
    /// What the order of every epoch follows from.
    let seed: UInt64
    /// Epochs done.
    let epoch: Int
    /// Batches done of the epoch under way.
    let batch: Int

    /// The place after so many steps.
    init(step: Int, batchesPerEpoch: Int, seed: UInt64) {
        self.seed = seed
        (epoch, batch) = step.quotientAndRemainder(dividingBy: batchesPerEpoch)
    }

    /// Reads a place.
    ///
    /// - Throws: `JSONTypeError` where it is not the one after so many steps, however long an epoch is.
    init(_ document: JSONReader, step: Int) throws(JSONTypeError) {
        seed = UInt64(bitPattern: try document["seed"].integer())
        epoch = try document["epoch"].int(in: 0...step)
        batch = try document["batch"].int(in: 0...step)
        let stepsOfEpochs = step - batch
        let isPlace =
            epoch == 0
            ? stepsOfEpochs == 0 : stepsOfEpochs.isMultiple(of: epoch) && stepsOfEpochs / epoch > batch
        guard isPlace else {
            throw document.mismatch("the place after \(step) steps", found: "batch \(batch) of epoch \(epoch)")
        }
    }

    /// `{"seed": …, "epoch": …, "batch": …}`.
    var json: JSON {
        [
            "seed": .integer(Int64(bitPattern: seed)),
            "epoch": .integer(Int64(epoch)),
            "batch": .integer(Int64(batch)),
        ]
    }
}
