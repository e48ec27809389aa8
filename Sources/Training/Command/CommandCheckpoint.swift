import SignalboxCore
import Wire

/// A checkpoint of a command: the folder `step-<n>` that it left, as a zip.
struct CommandCheckpoint: StoredCheckpoint, Sendable {
    /// Files of a checkpoint.
    static let filesMax = 256

    let step: Int
    let fingerprint: String
    let archive: [UInt8]
    /// What was measured up to it; lines of later steps that were read already do not count.
    let figures: RunFigures
    let validationLoss: Double?

    private static let format: Int64 = 1
    private static let prefix = "step-"

    func encoded() -> (state: [UInt8], description: JSON) {
        var members: [String: JSON] = ["format": .integer(Self.format), "fingerprint": .string(fingerprint)]
        members["initial_loss"] = figures.initialLoss.map(JSON.double)
        members["final_loss"] = figures.finalLoss.map(JSON.double)
        members["best_validation_loss"] = figures.bestValidationLoss.map(JSON.double)
        members["validation_loss"] = validationLoss.map(JSON.double)
        members["best_step"] = figures.bestStep.map { .integer(Int64($0)) }
        return (archive, .object(members))
    }

    /// Where the checkpoint of a step lies in a folder of checkpoints.
    static func folder(of step: Int, in folder: String) -> String { "\(folder)/\(prefix)\(step)" }

    /// The newest that a command has completed; nil where there is none.
    static func newestStep(in folder: String) -> Int? {
        let names = (try? FileIO.names(in: folder)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(prefix), let step = Int(name.dropFirst(prefix.count)),
                (0...JobConfig.stepsMax).contains(step)
            else { return nil }
            // "+5" and "007" are numbers too, and no names of ours.
            return name == "\(prefix)\(step)" ? step : nil
        }.max()
    }

    /// Packs a checkpoint that a command has completed.
    ///
    /// - Throws: `checkpoint_invalid` for one that is too large, or that the command takes away meanwhile.
    static func pack(
        step: Int,
        _ folders: CommandFolders,
        _ metrics: CommandMetrics,
        fingerprint: String
    ) async throws -> CommandCheckpoint {
        let root = folder(of: step, in: folders.checkpoints)
        let archive = folders.archive
        return try await BlockingThread.run {
            do {
                let names = try FolderFiles.names(in: root, countMax: filesMax)
                let sources = names.map { ArchiveWriter.Source(path: $0, file: "\(root)/\($0)") }
                _ = try ArchiveWriter.writeZip(sources, to: archive, compression: .stored)
                let bytes = try FileIO.read(archive, bytesMax: CheckpointStore.stateBytesMax)
                let measured = metrics.measured(at: step)
                return CommandCheckpoint(
                    step: step,
                    fingerprint: fingerprint,
                    archive: bytes,
                    figures: measured.figures,
                    validationLoss: measured.validationLoss
                )
            } catch {
                throw TrainingError(.checkpointInvalid, "\(prefix)\(step): \(error)")
            }
        }
    }

    /// Unpacks it.
    ///
    /// - Parameter stop: ends the unpacking at the next bytes.
    /// - Returns: the folder to go on from.
    /// - Throws: ``Interrupted``; `FileIO.Failure`.
    func unpack(into folders: CommandFolders, _ stop: StopSignal) async throws -> String {
        let folder = Self.folder(of: step, in: folders.resume)
        try FileIO.makeFolder(folder, permissions: 0o700)
        let visitor = StoppableVisitor(visitor: FolderVisitor(folder: folder), stop: stop)
        _ = try await ArchiveReader.read(BytesStream(archive), visitor: visitor)
        return folder
    }
}

extension CommandCheckpoint {
    /// A stored one; nil where it is of another format.
    init?(_ found: CheckpointStore.Checkpoint) {
        let reader = found.description
        guard (try? reader["format"].integer(in: Self.format...Self.format)) != nil,
            let fingerprint = try? reader["fingerprint"].string()
        else { return nil }
        let figures = RunFigures(
            steps: found.step,
            initialLoss: try? reader["initial_loss"].double(),
            finalLoss: try? reader["final_loss"].double(),
            bestValidationLoss: try? reader["best_validation_loss"].double(),
            bestStep: try? reader["best_step"].int()
        )
        self.init(
            step: found.step,
            fingerprint: fingerprint,
            archive: found.state,
            figures: figures,
            validationLoss: try? reader["validation_loss"].double()
        )
    }
}
