import Foundation
import Glibc

/// Where a local cloud's parts lie: its own folder, and the programs it runs.
struct LocalLayout: Sendable {
    /// The functions, by the names of their programs.
    static let functions = ["gcs-upload", "firestore-job", "scheduled-prune", "api"]
    /// The buckets.
    static let stagingBucket = "signalbox-staging"
    static let trainingBucket = "signalbox-training"
    /// The project.
    static let project = "signalbox-local"
    /// The name of the key that signs the keyring.
    static let rootKeyID = "root"

    /// The local cloud's folder, absolute.
    let state: String
    /// The folder of the programs, absolute.
    let programs: String

    /// A layout; the programs lie beside this one unless another folder is named.
    init(state: String, programs: String?) throws(CommandError) {
        self.state = Paths.absolute(state)
        self.programs = programs.map(Paths.absolute) ?? Self.ownFolder
        for name in Self.functions + ["trainer"] where access(program(name), X_OK) != 0 {
            throw CommandError(
                .notFound,
                "\(program(name)) is missing: run `make build`, or name its folder (--bin-dir)"
            )
        }
    }

    /// The folder of object store, documents and events.
    var cloud: String { state + "/cloud" }
    /// The port of storage and documents: kept, so that a trainer that outlives a restart finds them again.
    var port: String { state + "/port" }
    /// The folder of logs.
    var logs: String { state + "/logs" }
    /// The folder of runs of the local tier.
    var runs: String { state + "/runs" }
    /// The folder of keys.
    var keys: String { state + "/keys" }
    /// The keyring.
    var keyring: String { keys + "/keyring.json" }
    /// The root keys that sign it.
    var roots: String { keys + "/roots.json" }

    /// A program by its name.
    func program(_ name: String) -> String { programs + "/" + name }

    /// The compiled training programs: beside an installation, or in the sources that this was built from.
    var trainingPrograms: String? {
        first([programs + "/../share/signalbox/programs"] + ancestors.map { $0 + "/Sources/Training/Programs" })
    }

    /// The PJRT plugin that `deploy/local/fetch-plugin.sh` fetched.
    var plugin: String? {
        for folder in ancestors.map({ $0 + "/.tools/pjrt" }) {
            let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            // Of several releases the one whose folder sorts last.
            if let path = paths.filter({ $0.hasSuffix(".so") }).max() { return folder + "/" + path }
        }
        return nil
    }

    private func first(_ paths: [String]) -> String? { paths.first(where: Paths.exists) }

    /// The working folder, and the folders above the programs.
    private var ancestors: [String] {
        var folders = [FileManager.default.currentDirectoryPath]
        var folder = URL(fileURLWithPath: programs).resolvingSymlinksInPath()
        for _ in 0..<Self.ancestorsMax where folder.path != "/" {
            folder.deleteLastPathComponent()
            folders.append(folder.path)
        }
        return folders
    }

    /// `.build/<triple>/release` lies three folders deep.
    private static let ancestorsMax = 4

    private static var ownFolder: String {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
        return URL(fileURLWithPath: path).deletingLastPathComponent().path
    }
}
