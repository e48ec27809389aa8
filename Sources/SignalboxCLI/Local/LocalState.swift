import Foundation
import Glibc
import Wire

/// What `local up` tells other commands: `local.json` in the local cloud's folder.
struct LocalState: Sendable, Equatable {
    /// The name of the file.
    static let fileName = "local.json"
    /// Bytes of the file.
    static let fileBytesMax = 1 << 20

    /// A function's process.
    struct Function: Sendable, Equatable {
        /// `gcs-upload` …
        var name: String
        /// Where it listens.
        var url: String
        /// Its log.
        var log: String
        /// The process; nil while it is being started again.
        var process: ProcessIdentity?
    }

    /// The folder, absolute.
    var folder: String
    /// The process that runs it all.
    var process: ProcessIdentity
    /// The URL of both services.
    var url: String
    /// The functions.
    var functions: [Function]
    /// What clients need to work with it.
    var environment: [String: String]

    /// What a folder's file says; nil where there is none.
    ///
    /// - Throws: ``CommandError``.
    static func read(folder: String) throws -> LocalState? {
        let path = "\(folder)/\(fileName)"
        guard access(path, F_OK) == 0 else { return nil }
        do {
            let reader = JSONReader(try JSON(parsing: try FileIO.read(path, bytesMax: fileBytesMax)))
            return try LocalState(reader)
        } catch {
            throw CommandError(.fileUnusable, "\(path): \(error); remove it, then start the local cloud again")
        }
    }

    /// Writes the file: only its owner reads it, since it names keys and ports.
    func write() throws { try FileIO.write(json.bytes, to: "\(folder)/\(Self.fileName)", permissions: 0o600) }

    /// Takes the file away: nothing runs any more.
    static func remove(folder: String) { unlink("\(folder)/\(fileName)") }

    private init(_ reader: JSONReader) throws {
        folder = try reader["folder"].string()
        process = try ProcessIdentity(reader["process"])
        url = try reader["url"].string()
        functions = try reader["functions"].array().map { function in
            Function(
                name: try function["name"].string(),
                url: try function["url"].string(),
                log: try function["log"].string(),
                process: try function["process"].optional.map { try ProcessIdentity($0) }
            )
        }
        environment = [:]
        for (name, value) in try reader["environment"].members() { environment[name] = try value.string() }
    }

    /// A state of its parts.
    init(
        folder: String,
        process: ProcessIdentity,
        url: String,
        functions: [Function],
        environment: [String: String]
    ) {
        self.folder = folder
        self.process = process
        self.url = url
        self.functions = functions
        self.environment = environment
    }

    /// The file's content, and the answer of `local status --json`.
    var json: JSON {
        [
            "folder": .string(folder),
            "process": process.json,
            "url": .string(url),
            "functions": .array(
                functions.map {
                    [
                        "name": .string($0.name),
                        "url": .string($0.url),
                        "log": .string($0.log),
                        "process": $0.process?.json ?? .null,
                    ]
                }
            ),
            "environment": .object(environment.mapValues(JSON.string)),
        ]
    }
}
