import Glibc
public import Wire

/// A model's programs: StableHLO artefacts with the `signature.json` that says what they take and give.
public struct ProgramBundle: Sendable {
    /// The model's name, as in a job's `model_type`.
    public let model: String
    /// Which set of sizes of that model.
    public let preset: String
    /// The fixed sizes.
    public let shape: ModelShape
    /// How many numbers the parameters have.
    public let parameterCount: Int
    /// SHA-256 over all programs' digests in the order of ``Program``.
    public let digest: Digest

    let groups: [String: [TensorSignature]]
    let code: [Program: [UInt8]]
    let codeDigests: [Program: Digest]

    /// The programs that the engine runs; the raw value is the name in the signature.
    enum Program: String, CaseIterable {
        case initialise = "init"
        case trainStep = "train_step"
        case accumulate = "accumulate_step"
        case apply = "apply_step"
        case evaluate = "eval_step"
        case predict

        /// The groups of tensors that the program has to take, give and take over the memory of.
        var interface: (inputs: [String], outputs: [String], donated: [String]) {
            let state = ["parameters", "optimiser"]
            return switch self {
            case .initialise: (["seed"], state, [])
            case .trainStep: (state + ["batch", "learning_rate"], state + ["loss"], state)
            case .accumulate: (["parameters", "gradients", "batch"], ["gradients", "sums"], ["gradients"])
            case .apply: (state + ["gradients", "learning_rate"], state + ["gradients"], state + ["gradients"])
            case .evaluate: (["parameters", "batch"], ["evaluation"], [])
            case .predict: (["parameters", "observations"], ["predictions"], [])
            }
        }
    }

    /// Where a model's programs lie in the folder of all programs.
    public static func folder(of model: String, preset: String, in programs: String) -> String {
        "\(programs)/\(model)/\(preset)"
    }

    /// The bundle of a model's preset in the folder of all programs.
    ///
    /// - Throws: `programs_missing`, `model_type_unsupported`, `preset_unknown`, and what ``init(folder:)`` throws.
    public init(model: String, preset: String, in programs: String) throws(TrainingError) {
        let models: [String]
        do throws(FileIO.Failure) { models = try FileIO.names(in: programs) } catch {
            throw TrainingError(.programsMissing, "\(error); set SIGNALBOX_PROGRAMS to the folder of programs")
        }
        let presets = Self.presets(of: model, in: programs)
        guard models.contains(model), !presets.isEmpty else {
            let known = models.filter { !Self.presets(of: $0, in: programs).isEmpty }
            let message = "model_type is \(model); there are programs of \(known.sorted().joined(separator: ", "))"
            throw TrainingError(.modelTypeUnsupported, message)
        }
        guard presets.contains(preset) else {
            let message = "preset is \(preset); \(model) has \(presets.sorted().joined(separator: ", "))"
            throw TrainingError(.presetUnknown, message)
        }
        try self.init(folder: Self.folder(of: model, preset: preset, in: programs))
    }

    private static func presets(of model: String, in programs: String) -> [String] {
        let names = (try? FileIO.names(in: "\(programs)/\(model)")) ?? []
        return names.filter { access("\(programs)/\(model)/\($0)/\(signatureName)", F_OK) == 0 }
    }

    /// Reads and checks a folder of programs.
    ///
    /// - Throws: `programs_missing`, `signature_invalid`, `signature_mismatch`, `program_digest_mismatch`.
    public init(folder: String) throws(TrainingError) {
        let bytes: [UInt8]
        do throws(FileIO.Failure) {
            bytes = try FileIO.read("\(folder)/\(Self.signatureName)", bytesMax: Self.signatureBytesMax)
        } catch {
            throw TrainingError(.programsMissing, "\(error); set SIGNALBOX_PROGRAMS to the folder of programs")
        }
        let signature: JSONReader
        do throws(JSONParseError) {
            signature = JSONReader(try JSON(parsing: bytes))
        } catch {
            throw TrainingError(.signatureInvalid, "\(folder)/signature.json: \(error)")
        }
        do throws(JSONTypeError) {
            guard try signature["format"].int() == Self.format else {
                throw signature["format"].mismatch("\(Self.format)")
            }
            model = try signature["model"].string()
            preset = try signature["preset"].string()
            parameterCount = try signature["parameter_count"].int(in: 1...Int.max)
            shape = try ModelShape(signature: signature)
            groups = try Self.groups(signature["groups"])
        } catch {
            throw TrainingError(.signatureInvalid, "\(folder)/signature.json: \(error)")
        }
        try Self.check(groups, against: shape)
        (code, codeDigests) = try Self.programs(signature["programs"], folder: folder)
        let digests = codeDigests
        digest = SHA256.digest(of: Program.allCases.map { digests[$0]?.hex ?? "" }.joined(separator: "\n"))
    }

    private static let format = 1
    private static let signatureName = "signature.json"
    private static let signatureBytesMax = 4 << 20
    private static let programBytesMax = 64 << 20

    private static func groups(_ reader: JSONReader) throws(JSONTypeError) -> [String: [TensorSignature]] {
        var groups: [String: [TensorSignature]] = [:]
        for (name, group) in try reader.members() {
            var tensors: [TensorSignature] = []
            for tensor in try group.array() { tensors.append(try TensorSignature(tensor)) }
            groups[name] = tensors
        }
        return groups
    }

    /// The tensors whose order and meaning the engine relies on.
    private static func check(_ groups: [String: [TensorSignature]], against shape: ModelShape) throws(TrainingError) {
        for (name, tensors) in expectedGroups(of: shape).sorted(by: { $0.key < $1.key }) where groups[name] != tensors {
            throw TrainingError(.signatureMismatch, "the group \(name) is not what this release feeds its programs")
        }
        let parameters = groups["parameters"] ?? []
        let gradients = parameters.map { TensorSignature(name: "gradients.\($0.name)", shape: $0.shape) }
        guard groups["gradients"] == gradients + [TensorSignature(name: "gradients.weight", shape: [])] else {
            throw TrainingError(.signatureMismatch, "the gradients are not one a parameter and their weight")
        }
        let state = parameters + (groups["optimiser"] ?? [])
        guard !parameters.isEmpty, Set(state.map(\.name)).count == state.count else {
            throw TrainingError(.signatureMismatch, "the state's tensors are missing or named twice")
        }
    }

    private static func programs(
        _ reader: JSONReader,
        folder: String
    ) throws(TrainingError) -> ([Program: [UInt8]], [Program: Digest]) {
        var code: [Program: [UInt8]] = [:]
        var digests: [Program: Digest] = [:]
        for program in Program.allCases {
            let entry = reader[program.rawValue]
            guard let file = entry["file"].value.stringValue, !file.contains("/"),
                let digest = Digest(hex: entry["sha256"].value.stringValue ?? "")
            else {
                throw TrainingError(.signatureInvalid, "\(folder)/signature.json: \(entry.pointer) names no program")
            }
            let interface = program.interface
            let found = ["inputs", "outputs", "donated"].map { entry[$0].value }
            let wanted = [interface.inputs, interface.outputs, interface.donated]
            guard found == wanted.map({ .array($0.map(JSON.string)) }) else {
                throw TrainingError(.signatureMismatch, "the program \(program.rawValue) has another interface")
            }
            let bytes: [UInt8]
            do throws(FileIO.Failure) {
                bytes = try FileIO.read("\(folder)/\(file)", bytesMax: programBytesMax)
            } catch {
                throw TrainingError(.programsMissing, "\(error)")
            }
            guard SHA256.digest(of: bytes) == digest else {
                throw TrainingError(.programDigestMismatch, "\(folder)/\(file) is not the program of its signature")
            }
            (code[program], digests[program]) = (bytes, digest)
        }
        return (code, digests)
    }
}
