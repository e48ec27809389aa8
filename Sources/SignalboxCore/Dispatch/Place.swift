/// Where an attempt can run: a tier, and what that tier needs to know.
///
/// Written `TIER[/LOCATION[/MACHINE[/PROVISIONING]]]`; a part that is left out, or is `-`, is the tier's own default:
///
/// - `local`
/// - `slurm/gpu/-/spot` (the location is a partition), `slurm/gpu/gpu:a100:2+cpu:8+mem:512`
/// - `compute-engine/us-central1-a/n1-standard-8+nvidia-tesla-t4:1/spot`
/// - `tpu/us-west4-a/v5litepod-8/spot`
public struct Place: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// Whether the provider may take the machine back.
    public enum Provisioning: String, Sendable, CaseIterable {
        /// It may, and asks less for it.
        case spot
        /// It may not.
        case onDemand = "on_demand"
    }

    /// Bytes of a written place.
    public static let textBytesMax = 256

    /// The highest count behind a plus: GiB of memory are counted there too. What a machine can have, its tier says.
    public static let countMax = 1 << 20
    /// Words of a part behind a plus: `gpu:a100:2`.
    private static let wordsMax = 3

    /// The tier's name.
    public var tier: String
    /// A region, a zone or a partition; nil: the tier's own.
    public var location: String?
    /// A machine type, with accelerators behind a plus: `n1-standard-8+nvidia-tesla-t4:1`; nil: the tier's own.
    public var machine: String?
    /// Whether the machine may be taken back.
    public var provisioning: Provisioning

    /// A place of its parts.
    public init(
        tier: String,
        location: String? = nil,
        machine: String? = nil,
        provisioning: Provisioning = .onDemand
    ) {
        self.tier = tier
        self.location = location
        self.machine = machine
        self.provisioning = provisioning
    }

    /// Reads a written place; nil where it is malformed.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.textBytesMax else { return nil }
        // Bytes: what words are made of is ASCII, and letters would be looked for in all of Unicode.
        let words = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard (1...4).contains(words.count), words.allSatisfy(Self.isWord) else { return nil }
        let parts = words.map { String(Substring($0)) }
        guard parts[0] != "-" else { return nil }
        tier = parts[0]
        location = parts.count > 1 && parts[1] != "-" ? parts[1] : nil
        machine = parts.count > 2 && parts[2] != "-" ? parts[2] : nil
        if let machine, !Self.isMachine(machine) { return nil }
        guard parts.count > 3, parts[3] != "-" else {
            provisioning = .onDemand
            return
        }
        guard let word = Provisioning(rawValue: parts[3]) else { return nil }
        provisioning = word
    }

    /// The machine type without its accelerators.
    public var machineType: String? { machine?.split(separator: "+").first.map(String.init) }

    /// The accelerators of the machine: `nvidia-tesla-t4:2` is two of a type, and so is `gpu:a100:2`.
    public var accelerators: [Accelerator] {
        (machine?.split(separator: "+").dropFirst() ?? []).map { text in
            let words = text.split(separator: ":")
            guard words.count > 1, let last = words.last else {
                return Accelerator(type: words.first.map(String.init) ?? "", count: 1)
            }
            return Accelerator(type: words.dropLast().joined(separator: ":"), count: Int(last) ?? 1)
        }
    }

    /// Accelerators of one type.
    public struct Accelerator: Sendable, Equatable {
        /// The provider's name of the type.
        public let type: String
        /// How many.
        public let count: Int
    }

    /// The place as it is written.
    public var description: String {
        let parts = [tier, location ?? "-", machine ?? "-"]
        if provisioning == .spot { return (parts + [provisioning.rawValue]).joined(separator: "/") }
        if machine != nil { return (parts + [provisioning.rawValue]).joined(separator: "/") }
        return location.map { "\(tier)/\($0)" } ?? tier
    }

    /// A type, and accelerators behind pluses: a type of one or two words, and a count where there are more words.
    private static func isMachine(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty }
            && parts.dropFirst().allSatisfy { part in
                let words = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                guard words.count <= Self.wordsMax, words.allSatisfy({ !$0.isEmpty }), let last = words.last else {
                    return false
                }
                return words.count == 1 || Int(Substring(last)).map { (1...Self.countMax).contains($0) } ?? false
            }
    }

    /// Letters, digits and the marks of names; no white space, nothing that means something to a shell.
    private static func isWord(_ text: Substring.UTF8View) -> Bool {
        !text.isEmpty
            && text.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x5F, 0x2E, 0x3A, 0x2B, 0x2C].contains(byte)
            }
    }
}
