import Wire

extension ModelShape {
    private static let sizeMax = 1 << 16

    /// The shape that a signature names: of a model of actions by `action_width`, of one of classes by `classes`.
    init(signature: JSONReader) throws(JSONTypeError) {
        let classes = try signature["classes"].optional?.int(in: 3...Self.sizeMax)
        let width = if let classes { classes } else { try signature["action_width"].int(in: 1...Self.sizeMax) }
        self.init(
            batchSize: try signature["batch_size"].int(in: 1...Self.sizeMax),
            windowSteps: try signature["window_steps"].int(in: 1...Self.sizeMax),
            windowStrideSteps: try signature["window_stride_steps"].int(in: 1...Self.sizeMax),
            input: try ModelInput(signature: signature),
            observationWidth: try signature["observation_width"].int(in: 1...Self.sizeMax),
            target: classes == nil ? .actions : .classes,
            targetWidth: width
        )
    }
}

extension ModelInput {
    fileprivate init(signature: JSONReader) throws(JSONTypeError) {
        let side = 1...1024
        switch try signature["input"].optional?.string() ?? "numbers" {
        case "numbers": self = .numbers
        case "text": self = .text
        case "image":
            let (height, width) = (
                try signature["image_height"].int(in: side), try signature["image_width"].int(in: side)
            )
            guard height * width * Self.channels == (try signature["observation_width"].int()) else {
                throw signature["observation_width"].mismatch("\(height) x \(width) x \(Self.channels)")
            }
            self = .image(height: height, width: width)
        default: throw signature["input"].mismatch("numbers, text or image")
        }
    }
}

extension ProgramBundle {
    /// The tensors that the programs of a shape have to take and give, beside the state's.
    static func expectedGroups(of shape: ModelShape) -> [String: [TensorSignature]] {
        let (rows, steps) = (shape.batchSize, shape.windowSteps)
        let observations = [
            TensorSignature(name: "observations", shape: [rows, steps, shape.observationWidth]),
            TensorSignature(name: "observation_mask", shape: [rows, shape.observationWidth]),
        ]
        let actions = shape.target == .actions
        let target = TensorSignature(
            name: actions ? "actions" : "labels",
            shape: [rows, steps, shape.targetWidth]
        )
        let prediction = TensorSignature(name: actions ? "actions" : "probabilities", shape: target.shape)
        let targetMask = TensorSignature(
            name: actions ? "action_mask" : "class_mask",
            shape: [rows, shape.targetWidth]
        )
        func scalars(_ names: String...) -> [TensorSignature] { names.map { TensorSignature(name: $0, shape: []) } }
        return [
            "batch": observations + [target, targetMask, TensorSignature(name: "step_mask", shape: [rows, steps])],
            "observations": observations + (actions ? [] : [targetMask]),
            "predictions": [prediction],
            "learning_rate": scalars("learning_rate"),
            "loss": scalars("loss"),
            "sums": scalars("loss_sum", "weight"),
            "evaluation": actions
                ? scalars("loss_sum", "weight") : scalars("loss_sum", "weight", "correct_sum", "class_error_sum"),
            "seed": [TensorSignature(name: "seed", shape: [2], element: .uint32)],
        ]
    }
}
