import Wire

/// The engine that runs StableHLO programs through a PJRT plugin: CPU, CUDA and TPU alike, without Python.
///
/// Its work runs on a thread of its own. Programs are compiled when they are first needed.
public actor XLAEngine: TrainingEngine {
    /// The model whose programs it runs.
    public nonisolated let model: String
    /// The sizes that every batch has.
    public nonisolated let shape: ModelShape
    /// The digest of the programs.
    public nonisolated let programDigest: String
    /// The kind of device that is used: `cpu`, `cuda`, `tpu`.
    public nonisolated let platform: String
    /// The device's model: `cpu`, `NVIDIA H200`, `TPU v4`.
    public nonisolated let deviceKind: String
    /// Runs the actor on its queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor = QueueExecutor(label: "signalbox.xla-engine")
    private let bundle: ProgramBundle
    private let client: PJRTClient
    private let cache: CompileCache?
    private var executables: [ProgramBundle.Program: PJRTExecutable] = [:]
    /// Parameters, then optimiser state; empty before ``initialise(seed:)`` and after a failed step.
    private var state: [PJRTBuffer] = []
    /// Zeros between two steps; empty before the first step that needs them.
    private var gradients: [PJRTBuffer] = []
    /// The first parts of the next step's batch, uploaded while the last one was computed.
    private var ahead: (batch: [Batch], parts: [[PJRTBuffer]]) = ([], [])

    /// Parts of a batch that are on the device at once: however many there are, they take no more memory, and whoever
    /// interrupts a step waits for these at most.
    private static let partsAtOnceMax = 8

    /// Loads a plugin for a bundle of programs.
    ///
    /// - Parameters:
    ///   - plugin: The path of a PJRT plugin's shared library.
    ///   - cache: A folder for compiled programs; nil compiles them each time.
    /// - Throws: `plugin_missing`, `plugin_incompatible`, `plugin_failed`.
    public init(bundle: ProgramBundle, plugin: String, cache: String? = nil) throws(TrainingError) {
        let client = try PJRTClient(plugin: plugin)
        self.bundle = bundle
        self.client = client
        self.cache = cache.map {
            CompileCache(folder: $0, machine: CompileCache.Machine(plugin: plugin, client: client))
        }
        model = bundle.model
        shape = bundle.shape
        programDigest = bundle.digest.hex
        platform = client.platformName
        deviceKind = client.deviceKind
    }

    /// Starts over with parameters drawn from the seed.
    public func initialise(seed: UInt64) throws(TrainingError) {
        let words = [UInt32(truncatingIfNeeded: seed >> 32), UInt32(truncatingIfNeeded: seed)]
        let bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        state = try run(.initialise, [try client.upload(bytes, as: signatures(["seed"])[0])])
    }

    /// One optimiser step; returns the batch's loss before it, or nil where it was given up.
    ///
    /// A batch in one part takes one program; of one in several the gradients are added up on the device first, apart
    /// from the parameters.
    public func trainStep(
        _ parts: [Batch],
        next: [Batch],
        learningRate: Float,
        unless isInterrupted: @Sendable () -> Bool
    ) throws(TrainingError) -> Float? {
        let held = try heldState()
        let uploaded = try take(parts)
        let rate = try client.upload([learningRate], as: signatures(["learning_rate"])[0])
        guard parts.count != 1 else {
            // The program takes over the state's memory: should it fail, there is no state to go on with.
            state = []
            var outputs = try run(.trainStep, held + uploaded[0] + [rate])
            try announce(next)
            let loss = try scalar(outputs.removeLast())
            state = outputs
            return loss
        }
        guard var (gradients, losses) = try accumulate(parts, uploaded, unless: isInterrupted) else { return nil }
        state = []
        let outputs = try run(.apply, held + gradients + [rate])
        try announce(next)
        while !losses.unread.isEmpty { try readFirst(&losses) }
        state = Array(outputs.prefix(held.count))
        gradients = Array(outputs.dropFirst(held.count))
        self.gradients = gradients
        return losses.loss / max(losses.weight, 1)
    }

    /// The losses of a batch's parts, added up in their order; those not read yet are sums on the device.
    private struct PartLosses {
        var loss = Float(0)
        var weight = Float(0)
        var unread: [[PJRTBuffer]] = []
    }

    /// The gradients of a batch's parts, added up on the device; nil where somebody interrupts.
    ///
    /// - Parameter uploaded: the buffers of the first parts.
    private func accumulate(
        _ parts: [Batch],
        _ uploaded: [[PJRTBuffer]],
        unless isInterrupted: () -> Bool
    ) throws(TrainingError) -> (gradients: [PJRTBuffer], losses: PartLosses)? {
        let parameters = try heldParameters()
        var gradients = try zeroGradients()
        var losses = PartLosses()
        for (index, part) in parts.enumerated() {
            if isInterrupted() { return nil }
            let buffers = index < uploaded.count ? uploaded[index] : try upload(part)
            let outputs = try run(.accumulate, parameters + gradients + buffers)
            gradients = Array(outputs.prefix(gradients.count))
            losses.unread.append(Array(outputs.dropFirst(gradients.count)))
            if losses.unread.count == Self.partsAtOnceMax { try readFirst(&losses) }
        }
        return (gradients, losses)
    }

    /// Waits for the first part that is not read yet.
    private func readFirst(_ losses: inout PartLosses) throws(TrainingError) {
        let sums = losses.unread.removeFirst()
        losses.loss += try scalar(sums[0])
        losses.weight += try scalar(sums[1])
    }

    /// The sum of losses over a batch, and how many entries it is the sum of.
    public func evaluate(_ batch: Batch) throws(TrainingError) -> Evaluation {
        var sums: [Double] = []
        for output in try run(.evaluate, try heldParameters() + upload(batch)) {
            sums.append(Double(try scalar(output)))
        }
        var evaluation = Evaluation(lossSum: sums[0], weight: sums[1])
        if sums.count == 4 { evaluation.classSums = Evaluation.ClassSums(correct: sums[2], error: sums[3]) }
        return evaluation
    }

    /// Normalised actions, or the probabilities of classes, [B, L, A] for a batch's observations.
    public func predict(_ batch: Batch) throws(TrainingError) -> [Float] {
        let arrays = [batch.observations, batch.observationMask, batch.targetMask]
        var observations: [PJRTBuffer] = []
        for (array, signature) in zip(arrays, signatures(["observations"])) {
            observations.append(try client.upload(array, as: signature))
        }
        let outputs = try run(.predict, try heldParameters() + observations)
        return try download(outputs, of: ["predictions"])[0].floats ?? []
    }

    /// The parameters alone, in the program's order.
    public func exportParameters() throws(TrainingError) -> [Tensor] {
        try download(try heldParameters(), of: ["parameters"])
    }

    /// Parameters and optimiser state, in the program's order.
    public func exportState() throws(TrainingError) -> [Tensor] {
        try download(try heldState(), of: ["parameters", "optimiser"])
    }

    /// Takes over what ``exportState()`` gave.
    public func importState(_ tensors: [Tensor]) throws(TrainingError) {
        let signatures = signatures(["parameters", "optimiser"])
        let byName = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
        guard tensors.count == signatures.count else {
            throw TrainingError(.signatureMismatch, "\(tensors.count) tensors, wanted \(signatures.count)")
        }
        var imported: [PJRTBuffer] = []
        for signature in signatures {
            guard let tensor = byName[signature.name], tensor.shape == signature.shape,
                tensor.element == signature.element
            else { throw TrainingError(.signatureMismatch, "\(signature.name) is missing or of another shape") }
            imported.append(try client.upload(tensor.bytes, as: signature))
        }
        state = imported
    }

    private func heldState() throws(TrainingError) -> [PJRTBuffer] {
        guard !state.isEmpty else {
            throw TrainingError(.engineNotInitialised, "the engine has no parameters: initialise it or import a state")
        }
        return state
    }

    private func heldParameters() throws(TrainingError) -> [PJRTBuffer] {
        Array(try heldState().prefix(signatures(["parameters"]).count))
    }

    private func signatures(_ groups: [String]) -> [TensorSignature] { groups.flatMap { bundle.groups[$0] ?? [] } }

    /// The buffers of a batch's first parts; those that are on the device already, where they were announced.
    private func take(_ parts: [Batch]) throws(TrainingError) -> [[PJRTBuffer]] {
        defer { ahead = ([], []) }
        let first = Array(parts.prefix(Self.partsAtOnceMax))
        return first == ahead.batch ? ahead.parts : try upload(first)
    }

    /// Uploads the first parts of the batch that comes next.
    private func announce(_ next: [Batch]) throws(TrainingError) {
        let first = Array(next.prefix(Self.partsAtOnceMax))
        ahead = (first, try upload(first))
    }

    private func upload(_ parts: [Batch]) throws(TrainingError) -> [[PJRTBuffer]] {
        var uploaded: [[PJRTBuffer]] = []
        for part in parts { uploaded.append(try upload(part)) }
        return uploaded
    }

    /// The gradients' memory, which the last step gave back as zeros; the programs take it over.
    private func zeroGradients() throws(TrainingError) -> [PJRTBuffer] {
        defer { gradients = [] }
        guard gradients.isEmpty else { return gradients }
        var zeros: [PJRTBuffer] = []
        for signature in signatures(["gradients"]) {
            zeros.append(try client.upload([UInt8](repeating: 0, count: signature.byteCount), as: signature))
        }
        return zeros
    }

    private func upload(_ batch: Batch) throws(TrainingError) -> [PJRTBuffer] {
        let arrays = [
            batch.observations, batch.observationMask, batch.targets, batch.targetMask, batch.stepMask,
        ]
        var buffers: [PJRTBuffer] = []
        for (array, signature) in zip(arrays, signatures(["batch"])) {
            buffers.append(try client.upload(array, as: signature))
        }
        return buffers
    }

    private func run(_ program: ProgramBundle.Program, _ inputs: [PJRTBuffer]) throws(TrainingError) -> [PJRTBuffer] {
        let interface = program.interface
        guard inputs.count == signatures(interface.inputs).count else {
            throw TrainingError(.signatureMismatch, "\(program.rawValue) got \(inputs.count) inputs")
        }
        let outputs = try executable(program).execute(inputs)
        guard outputs.count == signatures(interface.outputs).count else {
            throw TrainingError(.signatureMismatch, "\(program.rawValue) gave \(outputs.count) outputs")
        }
        return outputs
    }

    private func executable(_ program: ProgramBundle.Program) throws(TrainingError) -> PJRTExecutable {
        if let executable = executables[program] { return executable }
        guard let code = bundle.code[program], let digest = bundle.codeDigests[program] else {
            throw TrainingError(.programsMissing, "the bundle has no program \(program.rawValue)")
        }
        let executable =
            if let cache {
                try cache.executable(code, digest: digest, name: program.rawValue, on: client)
            } else {
                try PJRTExecutable.compile(code, name: program.rawValue, on: client)
            }
        executables[program] = executable
        return executable
    }

    private func scalar(_ buffer: PJRTBuffer) throws(TrainingError) -> Float {
        let bytes = try buffer.download(byteCount: Tensor.Element.float32.byteCount)
        return bytes.withUnsafeBytes { Float(bitPattern: $0.loadUnaligned(as: UInt32.self)) }
    }

    private func download(_ buffers: [PJRTBuffer], of groups: [String]) throws(TrainingError) -> [Tensor] {
        var tensors: [Tensor] = []
        for (buffer, signature) in zip(buffers, signatures(groups)) {
            let bytes = try buffer.download(byteCount: signature.byteCount)
            guard
                let tensor = Tensor(
                    name: signature.name,
                    shape: signature.shape,
                    element: signature.element,
                    bytes: bytes
                )
            else { throw TrainingError(.signatureMismatch, "\(signature.name) is of another size") }
            tensors.append(tensor)
        }
        return tensors
    }
}
