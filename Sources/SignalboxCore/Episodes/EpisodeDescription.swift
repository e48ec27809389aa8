import Wire

/// What is said of an episode as a whole: `metadata.json`, `metadata` of a one-file episode, or an Example's
/// `episode_metadata/…`.
struct EpisodeDescription: Sendable {
    /// The members that every episode must have.
    enum Required: String, CaseIterable, Sendable {
        case mode = "xr_mode"
        case role = "control_role"
        case environment = "environment_id"
        case software
        case tags
    }

    /// Who steered the capture.
    private static let modes = ["trainer", "workstation", "observer"]
    private static let roles = ["human_teleop", "human_supervisor", "human_dev_xr"]
    /// What a description without `schema_version` is.
    private static let versionAssumed = "1.0"
    private static let versionPrefix = "1."
    static let identifierBytesMax = 256
    private static let textBytesMax = 1024
    private static let instructionBytesMax = 4096

    /// The episode's id; nil: its path names it.
    private(set) var identifier: String?
    /// The members that are there, right or wrong.
    private(set) var given: Set<Required> = []
    /// The text of all steps that have none of their own.
    private(set) var instruction: String?
    /// What is wrong with it.
    private(set) var faults: [EpisodeFault] = []

    /// Reads a description.
    ///
    /// - Parameter isJudged: false: only what a reader of the steps needs is looked at.
    init(_ reader: JSONReader, isJudged: Bool) {
        guard case .object = reader.value else {
            given = Set(Required.allCases)
            faults = [EpisodeFault(.metadataInvalid, "\(reader.mismatch("an object"))")]
            return
        }
        check(.schemaVersion) { () throws(JSONTypeError) in
            let version = reader["schema_version"]
            guard try (version.optional?.string() ?? Self.versionAssumed).hasPrefix(Self.versionPrefix) else {
                throw version.mismatch("a version 1.x")
            }
        }
        var identifier: String?
        check(.metadataInvalid) { () throws(JSONTypeError) in
            identifier = try reader["episode_id"].optional?.text(bytesMax: Self.identifierBytesMax)
        }
        self.identifier = identifier
        var instruction: String?
        check(.metadataInvalid) { () throws(JSONTypeError) in
            instruction = try reader[EpisodeStep.instruction].optional?.text(bytesMax: Self.instructionBytesMax)
        }
        self.instruction = instruction
        guard isJudged else { return }
        for member in Required.allCases where !reader[member.rawValue].isNull {
            given.insert(member)
            check(.metadataInvalid) { () throws(JSONTypeError) in try Self.check(member, reader[member.rawValue]) }
        }
        check(.sharingNotCleared) { () throws(JSONTypeError) in try Self.checkSharing(reader) }
    }

    /// A description of which nothing can be said.
    init(unreadable: Void) { given = Set(Required.allCases) }

    private mutating func check(_ code: EpisodeFinding.Code, _ body: () throws(JSONTypeError) -> Void) {
        do throws(JSONTypeError) {
            try body()
        } catch {
            faults.append(EpisodeFault(code, "\(error)"))
        }
    }

    private static func check(_ member: Required, _ reader: JSONReader) throws(JSONTypeError) {
        switch member {
        case .mode: try reader.check(among: modes)
        case .role: try reader.check(among: roles)
        case .environment: _ = try reader.text(bytesMax: textBytesMax)
        case .software: _ = try reader.members()
        case .tags: for tag in try reader.array() { _ = try tag.string() }
        }
    }

    /// What is to be shared in public must be cleared of personal data and not wait for a review.
    private static func checkSharing(_ reader: JSONReader) throws(JSONTypeError) {
        guard try reader["share"]["public"].optional?.flag() == true else { return }
        let cleared = reader["safety"]["pii_cleared"]
        guard try cleared.optional?.flag() == true else {
            throw cleared.mismatch("true, for share.public is", found: "not true")
        }
        let pending = reader["safety"]["pending_review"]
        guard try pending.optional?.flag() != true else { throw pending.mismatch("false, for share.public is true") }
    }
}

extension JSONReader {
    /// A text of at least one byte.
    fileprivate func text(bytesMax: Int) throws(JSONTypeError) -> String {
        let text = try string()
        guard !text.isEmpty, text.utf8.count <= bytesMax else { throw mismatch("1 to \(bytesMax) bytes") }
        return text
    }

    fileprivate func check(among words: [String]) throws(JSONTypeError) {
        let word = try string()
        guard words.contains(word) else { throw mismatch("one of \(words.joined(separator: ", "))", found: word) }
    }
}
