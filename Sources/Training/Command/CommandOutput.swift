import Glibc
import SignalboxCore
import Wire

/// What a command made of its model.
enum CommandOutput {
    /// Files of a model beside its description.
    static let filesMax = ModelManifest.filesMax - 1
    /// Bytes of all of them: they are held in memory on their way.
    static let bytesMax = 2 << 30

    /// The files of the version, with a `model.json` that says what they were made of.
    ///
    /// - Throws: `output_invalid`.
    static func files(
        _ folders: CommandFolders,
        spec: JobSpec,
        manifest: Manifest,
        metrics: CommandMetrics,
        provenance: JSON
    ) throws(TrainingError) -> [ModelPublisher.File] {
        var files: [ModelPublisher.File] = []
        var room = bytesMax
        do {
            let names = try FolderFiles.names(in: folders.output, countMax: filesMax)
            for name in [ModelDescription.fileName, ModelManifest.fileName] where names.contains(name) {
                throw FileIO.Failure(name, "the trainer writes it itself")
            }
            try ModelManifest.check(names: names + [ModelDescription.fileName])
            for name in names {
                let bytes = try FileIO.read("\(folders.output)/\(name)", bytesMax: room)
                room -= bytes.count
                let type = name.hasSuffix(".json") ? "application/json" : "application/octet-stream"
                files.append(ModelPublisher.File(name: name, contentType: type, bytes: bytes))
            }
        } catch {
            throw TrainingError(.outputInvalid, "\(error)")
        }
        guard !files.isEmpty else {
            throw TrainingError(.outputInvalid, "the command ended with 0 and left no file in SIGNALBOX_OUTPUT")
        }
        let description = ModelDescription(command: spec, manifest: manifest, metrics: metrics)
        let model = ModelPublisher.File(
            name: ModelDescription.fileName,
            contentType: "application/json",
            bytes: Array(description.json.adding("provenance", provenance).serialized(pretty: true).utf8)
        )
        return files + [model]
    }
}
