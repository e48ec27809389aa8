import Glibc
import Wire

/// An attempt's own folder, where a command finds its data and leaves what it made.
struct CommandFolders: Sendable {
    /// All of it; removed at the end.
    let root: String
    /// The package's members.
    var data: String { root + "/data" }
    /// What becomes the model.
    var output: String { root + "/output" }
    /// Checkpoints, `step-<n>`.
    var checkpoints: String { root + "/checkpoints" }
    /// Where the checkpoint to go on from is put.
    var resume: String { root + "/resume" }
    /// What the command measures.
    var metrics: String { root + "/metrics.jsonl" }
    /// A checkpoint on its way.
    var archive: String { root + "/checkpoint.zip" }

    /// Makes the folders.
    ///
    /// - Parameter abandoned: the start of the names of folders that killed attempts may have left, and that go.
    /// - Throws: `FileIO.Failure`.
    init(under workFolder: String, name: String, abandoned: String? = nil) throws(FileIO.Failure) {
        root = "\(workFolder)/\(name)"
        let left = ((try? FileIO.names(in: workFolder)) ?? []).filter { entry in
            abandoned.map { entry.hasPrefix($0) } == true
        }
        // One that cannot be removed is a pity; only its own has to go.
        for entry in left where entry != name { try? FileIO.removeFolder("\(workFolder)/\(entry)") }
        try FileIO.removeFolder(root)
        for folder in [data, output, checkpoints, resume] { try FileIO.makeFolder(folder, permissions: 0o700) }
    }

    /// Removes all of it.
    func remove() { try? FileIO.removeFolder(root) }
}
