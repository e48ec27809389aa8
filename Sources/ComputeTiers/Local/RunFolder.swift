import Glibc
import SignalboxCore
import Wire

/// What a run leaves on the disk. Each file is written once and whole:
///
/// - `order`: the spec's URI. A name stands for one order: where a folder was made for another spec (documents of two
///   clouds with one folder of runs, say), taking it for the run would train the wrong thing, and running the order
///   beside it would train twice. A launch is refused until someone has looked and removed the folder.
/// - `claim`, a folder: made by the one shell that runs the trainer.
/// - `process`: that shell, which leads the run's session: id, start time, boot.
/// - `stop`: `cancelled` or `interrupted`; no trainer starts once it is there, one that runs is asked by a signal.
/// - `asked`: when the trainer was first asked to end.
/// - `overtime`: empty; the run had reached its time limit.
/// - `exit`: how it ended, see ``RunExit``.
/// - `log`: what the trainer printed.
struct RunFolder: Sendable {
    /// Why no trainer may be started any more.
    enum Stop: String {
        /// The run was cancelled.
        case cancelled
        /// Its launch was given up: the shell did not write who it is for too long.
        case interrupted
    }

    /// Bytes of each file but the log.
    static let fileBytesMax = 4096
    /// Bytes of a run's name: what Google Cloud and Slurm take, too.
    private static let nameBytesMax = 63
    /// The first letters of a folder that is being removed.
    private static let removedPrefix = ".removed-"

    /// The folder.
    let path: String
    private let runsFolder: String
    private let name: String

    /// The folder of a run, there or not; nil where the name is none of a run, so that it leads nowhere else.
    init?(run name: String, under runsFolder: String) {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
        }
        guard isPlain, name.utf8.count <= Self.nameBytesMax, RunOrder.parse(name) != nil else { return nil }
        self.runsFolder = runsFolder
        self.name = name
        path = runsFolder + "/" + name
    }

    /// The trainer's output.
    var log: String { path + "/log" }
    /// When a file was last added; nil where there is no folder.
    var changedAt: Timestamp? { Self.changedAt(path) }
    /// When the run was claimed; nil where it was not.
    var claimedAt: Timestamp? { Self.changedAt(path + "/claim") }
    /// Whether a shell runs the trainer, did so or is about to.
    var isClaimed: Bool { claimedAt != nil }

    /// The shell that leads the run's session.
    var process: ProcessIdentity? {
        get throws(TierError) { try text("process").flatMap { ProcessIdentity($0) } }
    }

    /// How the run ended.
    var exit: RunExit? {
        get throws(TierError) { try text("exit").flatMap { RunExit($0) } }
    }

    /// Why no trainer may be started any more.
    var stop: Stop? {
        get throws(TierError) { try text("stop").flatMap { Stop(rawValue: $0) } }
    }

    /// When the trainer was first asked to end.
    var askedAt: Timestamp? {
        get throws(TierError) { try text("asked").flatMap { Timestamp(rfc3339: $0) } }
    }

    /// Whether the run is known to run, to be over, or never to start.
    var isDecided: Bool {
        get throws(TierError) {
            if try process != nil { return true }
            if try exit != nil { return true }
            guard isClaimed else { return false }
            return try stop != nil
        }
    }

    /// Makes the folder for an order, unless it was made for that order before.
    ///
    /// - Throws: `TierError` `invalid_order` where it was made for another one.
    func take(spec: ObjectName) throws(TierError) {
        do throws(FileIO.Failure) {
            try FileIO.makeFolder(path)
        } catch {
            throw TierError(.unreachable, error.description)
        }
        // One that is claimed without an order belongs to nobody known.
        if !isClaimed { try writeNew(spec.uri, "order") }
        guard try text("order") == spec.uri else {
            let message = "was made for another spec than \(spec.uri): see \(path)/order and remove the folder"
            throw TierError(.invalidOrder, "the folder of \(name) \(message)")
        }
    }

    /// Lets no trainer start any more.
    func mark(_ stop: Stop) throws(TierError) { try writeNew(stop.rawValue, "stop") }

    /// Keeps the first time at which the trainer was asked to end.
    func noteAsked(at time: Timestamp) throws(TierError) { try writeNew(time.description, "asked") }

    /// Keeps how the run ended, unless that is known already.
    func note(_ exit: RunExit) throws(TierError) { try writeNew(exit.description, "exit") }

    /// Removes it: at once under its own name, so that no launch finds half of it; what an earlier removal left, too.
    func remove() throws(TierError) {
        let removed = "\(runsFolder)/\(Self.removedPrefix)\(name).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        guard rename(path, removed) == 0 || errno == ENOENT else {
            throw TierError(.unreachable, "\(path) cannot be removed: \(String(cString: strerror(errno)))")
        }
        do throws(FileIO.Failure) {
            for other in try FileIO.names(in: runsFolder) where other.hasPrefix(Self.removedPrefix) {
                try FileIO.removeFolder(runsFolder + "/" + other)
            }
        } catch {
            throw TierError(.unreachable, "\(error); remove it by hand")
        }
    }

    private func writeNew(_ text: String, _ file: String) throws(TierError) {
        do throws(FileIO.Failure) {
            _ = try FileIO.writeNew(Array((text + "\n").utf8), to: "\(path)/\(file)")
        } catch {
            throw TierError(.unreachable, error.description)
        }
    }

    /// The text of a file; nil where there is none. One that cannot be read is no evidence of anything.
    private func text(_ file: String) throws(TierError) -> String? {
        let file = "\(path)/\(file)"
        if access(file, F_OK) != 0, errno == ENOENT { return nil }
        do throws(FileIO.Failure) {
            let text = String(decoding: try FileIO.read(file, bytesMax: Self.fileBytesMax), as: UTF8.self)
            return String(text.prefix { $0 != "\n" })
        } catch {
            throw TierError(.unreachable, error.description)
        }
    }

    private static func changedAt(_ path: String) -> Timestamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
    }
}
