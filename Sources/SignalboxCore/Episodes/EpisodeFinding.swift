public import Wire

/// Something about an episode that a user should know.
public struct EpisodeFinding: Sendable, Equatable, CustomStringConvertible {
    /// What it means for the package.
    public enum Severity: String, Sendable, CaseIterable {
        /// The package is refused.
        case error
        /// The package is taken; the receipt says so.
        case warning
    }

    /// Where in a file it stands.
    public enum Place: Sendable, Equatable {
        /// The file as a whole.
        case file
        /// A line, from 1.
        case line(Int)
        /// A record, from 1, and the byte, from 0, of the unpacked file at which the fault was seen.
        case record(Int, offset: Int64)
    }

    /// Bytes of a message: parts of it may come from whoever uploaded.
    public static let messageBytesMax = 200

    /// What was found.
    public let code: Code
    /// The file in the package, or an episode's folder.
    public let path: String
    /// Where in it.
    public let place: Place
    /// What is wrong, for people.
    public let message: String

    /// A finding of its parts; a message that is too long is cut.
    public init(_ code: Code, _ path: String, _ place: Place = .file, _ message: String) {
        self.code = code
        self.path = path
        self.place = place
        self.message = message.prefix(utf8Bytes: Self.messageBytesMax)
    }

    /// What it means for the package.
    public var severity: Severity { code.severity }

    /// `a/steps/000000.jsonl, line 7: …`.
    public var sentence: String {
        switch place {
        case .file: "\(path): \(message)"
        case .line(let line): "\(path), line \(line): \(message)"
        case .record(let record, let offset): "\(path), record \(record), byte \(offset): \(message)"
        }
    }

    /// `step_order: a/steps/000000.jsonl, line 7: …`.
    public var description: String { "\(code.rawValue): \(sentence)" }

    /// `{"severity", "code", "path", "line" or "record" and "offset", "message"}`.
    public var json: JSON {
        var members: [String: JSON] = [
            "severity": .string(severity.rawValue), "code": .string(code.rawValue), "path": .string(path),
            "message": .string(message),
        ]
        switch place {
        case .file: break
        case .line(let line): members["line"] = .integer(Int64(line))
        case .record(let record, let offset):
            members["record"] = .integer(Int64(record))
            members["offset"] = .integer(offset)
        }
        return .object(members)
    }

    init(_ reader: JSONReader) throws(JSONTypeError) {
        let place: Place
        if let line = reader["line"].optional {
            place = .line(try line.int())
        } else if let record = reader["record"].optional {
            place = .record(try record.int(), offset: try reader["offset"].integer())
        } else {
            place = .file
        }
        self.init(try reader["code"].known(), try reader["path"].string(), place, try reader["message"].string())
    }
}
