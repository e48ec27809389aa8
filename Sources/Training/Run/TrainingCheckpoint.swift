public import Wire

/// A run between two steps: the numbers as safetensors, and a description with the place in the run and the digest of
/// the numbers. The description is to be stored last: where it is, and the digest fits, the checkpoint is whole.
public struct TrainingCheckpoint: Sendable, Equatable {
    /// Steps done.
    public var step: Int { run.step }
    /// Digest of dataset, configuration and programs: a checkpoint continues its own run alone.
    public let fingerprint: String
    /// Parameters and optimiser state.
    public let state: [Tensor]

    let run: RunState
    /// The place in the data; nil of a checkpoint of before it was written down.
    let position: DataPosition?

    private static let format = 1
    private static let bestPrefix = "best."

    init(run: RunState, position: DataPosition, state: [Tensor], fingerprint: String) {
        self.run = run
        self.position = position
        self.state = state
        self.fingerprint = fingerprint
    }

    /// The two parts as they are stored.
    ///
    /// - Throws: `safetensors_invalid` for tensors that cannot be told apart.
    public func encoded() throws(TrainingError) -> (state: [UInt8], description: JSON) {
        let best = run.best?.parameters.map { $0.renamed(Self.bestPrefix + $0.name) } ?? []
        let tensors = try Safetensors(state + best).encoded()
        var document: [String: JSON] = [
            "format": .integer(Int64(Self.format)),
            "fingerprint": .string(fingerprint),
            "step": .integer(Int64(run.step)),
            "validated_step": .integer(Int64(run.validatedStep)),
            "epoch_loss_sum": .double(run.epochLossSum),
            "initial_loss": .double(run.initialLoss),
            "final_loss": .double(run.finalLoss),
            "sha256": .string(SHA256.digest(of: tensors).hex),
        ]
        if let position { document["data"] = position.json }
        if let best = run.best {
            let members: JSON = [
                "step": .integer(Int64(best.step)),
                "validation_loss": .double(best.validationLoss),
            ]
            document["best"] = members.merging(best.classes?.json(prefix: "validation") ?? [:])
        }
        return (tensors, .object(document))
    }

    /// Reads the two parts and checks them against each other.
    ///
    /// - Throws: `checkpoint_invalid` for what is damaged, cut short or of another format.
    public init(state bytes: [UInt8], description document: JSONReader) throws(TrainingError) {
        do {
            guard try document["format"].int() == Self.format else {
                throw document["format"].mismatch("\(Self.format)")
            }
            guard try document["sha256"].string() == SHA256.digest(of: bytes).hex else {
                throw document["sha256"].mismatch("the digest of the state", found: "another")
            }
            let all = try Safetensors(decoding: bytes).tensors
            fingerprint = try document["fingerprint"].string()
            state = all.filter { !$0.name.hasPrefix(Self.bestPrefix) }
            let step = try document["step"].int(in: 0...Int.max)
            position = try document["data"].optional.map { data throws(JSONTypeError) in
                try DataPosition(data, step: step)
            }
            run = try Self.run(document, best: all.filter { $0.name.hasPrefix(Self.bestPrefix) })
        } catch {
            throw TrainingError(.checkpointInvalid, "\(error)")
        }
    }

    private static func run(_ document: JSONReader, best tensors: [Tensor]) throws(JSONTypeError) -> RunState {
        var run = RunState()
        run.step = try document["step"].int(in: 0...Int.max)
        // One that does not say was made when an epoch was always measured before anything else.
        run.validatedStep = try document["validated_step"].optional?.int(in: 0...run.step) ?? run.step
        run.epochLossSum = try document["epoch_loss_sum"].double()
        run.initialLoss = try document["initial_loss"].double()
        run.finalLoss = try document["final_loss"].double()
        if let best = document["best"].optional {
            run.best = RunState.Best(
                step: try best["step"].int(in: 0...run.step),
                validationLoss: try best["validation_loss"].double(),
                classes: try ClassFigures(best, prefix: "validation"),
                parameters: tensors.map { $0.renamed(String($0.name.dropFirst(bestPrefix.count))) }
            )
        }
        return run
    }
}
