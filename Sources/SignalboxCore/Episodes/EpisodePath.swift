/// What a file of a package is by its place: its format its content tells.
struct EpisodePath: Sendable {
    enum Kind: Sendable {
        /// An episode's description, `metadata.json`.
        case description
        /// A file of `steps/`: nothing but steps.
        case steps
        /// Beside the episodes, under `blobs/`.
        case blob
        /// Any other: an episode, several, or something else.
        case file
    }

    private static let descriptionName = "metadata.json"
    private static let stepsFolder = "steps"
    private static let blobsFolder = "blobs"

    let path: String
    let kind: Kind
    /// The folder whose `metadata.json` describes it.
    let folder: String

    init(_ path: String) {
        self.path = path
        var folders = path.split(separator: "/")
        let name = folders.popLast()
        if folders.contains(Self.blobsFolder[...]) {
            kind = .blob
        } else if name == Self.descriptionName[...] {
            kind = .description
        } else if folders.last == Self.stepsFolder[...] {
            kind = .steps
            folders.removeLast()
        } else {
            kind = .file
        }
        folder = folders.joined(separator: "/")
    }

    /// The description of a folder's episodes.
    static func description(of folder: String) -> String {
        folder.isEmpty ? descriptionName : "\(folder)/\(descriptionName)"
    }
}
