/// Why an archive is refused, or could not be written.
///
/// Troubleshooting: the code says which rule was broken and the message what to do; package again with
/// `signalbox package`, whose archives keep all rules.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// Neither zip nor tar nor tar.zst, cut short, or damaged.
        case malformed = "archive_malformed"
        /// A compression other than stored and deflate in a zip, or a zstd window beyond the limit.
        case compressionUnsupported = "archive_compression_unsupported"
        /// A name that is absolute, climbs out, is not UTF-8, or holds what a path must not.
        case pathUnsafe = "member_path_unsafe"
        /// A name with more bytes or more parts than ``ArchiveLimits`` allows.
        case pathLimit = "path_limit"
        /// Two names that are one, or that some disk takes for one: by case, by Unicode form, by dots at their ends.
        case duplicate = "member_duplicate"
        /// A link, a device, a sparse file: neither a plain file nor a directory.
        case kind = "member_kind"
        /// An encrypted member.
        case encrypted = "member_encrypted"
        /// Two places of the archive disagree: a zip's central directory, its local headers, its end records, or a
        /// tar's header and its extended header.
        case directoryMismatch = "directory_mismatch"
        /// Bytes outside the members: before, between or behind them.
        case trailingData = "trailing_data"
        /// More than one end-of-central-directory record.
        case severalEndRecords = "several_end_records"
        /// More members than ``ArchiveLimits/membersMax``.
        case membersLimit = "members_limit"
        /// More bytes than one of the limits allows.
        case bytesLimit = "bytes_limit"
        /// Expands more than ``ArchiveLimits/ratioMax`` times.
        case ratioLimit = "ratio_limit"
        /// The archive has not the size that was expected.
        case sizeMismatch = "archive_size"
        /// The archive has not the digest that was expected.
        case digestMismatch = "archive_digest"
        /// A file to be read or packed could not be read.
        case fileUnreadable = "archive_file_unreadable"
        /// The archive could not be written.
        case fileUnwritable = "archive_file_unwritable"
        /// The machine had no thread or memory left for reading.
        case resources = "archive_resources"
    }

    /// The reason.
    public let code: Code
    /// The member it is about, as far as there is one.
    public let member: String?
    /// What is wrong, for people.
    public let message: String

    /// An error of its parts.
    public init(_ code: Code, _ message: String, member: String? = nil) {
        self.code = code
        self.member = member
        self.message = message
    }

    /// One line for people.
    public var description: String { "\(code.rawValue): \(member.map { "\($0): " } ?? "")\(message)" }
}
