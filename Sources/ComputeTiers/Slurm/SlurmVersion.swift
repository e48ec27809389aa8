/// A version of slurmrestd's OpenAPI plugin: `v0.0.38` came with Slurm 22.05, each release brings the next.
///
/// What changed between them is listed at https://slurm.schedmd.com/rest_release_notes.html.
public struct SlurmVersion: Sendable, Equatable, CustomStringConvertible {
    /// The oldest one that is spoken.
    public static let oldest = SlurmVersion(number: 38)

    private static let prefix = "v0.0."

    /// The last of the three numbers.
    let number: Int

    private init(number: Int) { self.number = number }

    /// Reads `v0.0.N`; nil where it is malformed or older than ``oldest``.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let number = Int(text.dropFirst(Self.prefix.count)),
            number >= Self.oldest.number, "\(Self.prefix)\(number)" == text
        else { return nil }
        self.number = number
    }

    /// `v0.0.38`.
    public var description: String { "\(Self.prefix)\(number)" }

    /// Whether it reads the options of sbatch; later ones read the fields of the job's own record.
    var readsOptions: Bool { number == 38 }

    /// Before a generic resource in a list of trackable ones; the separator changed with Slurm 23.11.
    var genericPrefix: String { number >= 40 ? "gres/" : "gres:" }

    /// Whether the script is a member of the job rather than of the request.
    var hasScriptInJob: Bool { number >= 40 }
}
