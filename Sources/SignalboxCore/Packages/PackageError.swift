import Wire

/// A package cannot be made of a folder.
///
/// Troubleshooting: every message names the file and what to do; nothing of a package is left behind where it could be
/// taken for a whole one.
public struct PackageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The folder, or something in it, cannot be read.
        case folderUnreadable = "folder_unreadable"
        /// The folder holds no file.
        case folderEmpty = "folder_empty"
        /// A link, a device or a socket: neither a plain file nor a folder.
        case fileKind = "file_kind"
        /// A name that a manifest cannot carry.
        case filePathUnsafe = "file_path_unsafe"
        /// More files than one package may hold.
        case filesLimit = "files_limit"
        /// Folders within folders beyond what is walked.
        case depthLimit = "depth_limit"
        /// The intake would refuse the episodes; ``PackageError/episodes`` says why.
        case episodeInvalid = "episode_invalid"
        /// A robot, an environment or a time in an episode's description that a manifest cannot be made of.
        case metadataMalformed = "metadata_malformed"
        /// No episode says what software captured it, or two say different things.
        case softwareUnknown = "software_unknown"
        /// A name of a robot, an environment or a key that is not well formed.
        case nameMalformed = "name_malformed"
        /// The package would lie in the folder that it is made of.
        case outputInside = "output_inside"
        /// There is a package already.
        case outputExists = "output_exists"
        /// The archive or the manifest cannot be written.
        case outputUnwritable = "output_unwritable"
    }

    /// The reason.
    public let code: Code
    /// Which file, and what to do next.
    public let message: String
    /// What was found in the episodes, where they are to blame.
    public let episodes: EpisodeReport?

    /// An error of a code.
    public init(_ code: Code, _ message: String, episodes: EpisodeReport? = nil) {
        self.code = code
        self.message = message
        self.episodes = episodes
    }

    /// What hindered an archive that is being written.
    init(_ error: ArchiveError) {
        let code: Code =
            switch error.code {
            case .pathUnsafe, .pathLimit, .duplicate: .filePathUnsafe
            case .membersLimit, .bytesLimit: .filesLimit
            case .fileUnreadable: .folderUnreadable
            default: .outputUnwritable
            }
        let advice = code == .filePathUnsafe ? ": rename it" : ""
        self.init(code, (error.member.map { "\($0): " } ?? "") + error.message + advice)
    }

    /// `folder_empty: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}
