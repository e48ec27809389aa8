/// Follows an archive member by member while it passes.
///
/// The calls come from one thread, in the archive's order: `begin`, any number of `data`, `end`. What a call throws
/// ends the reading and reaches the caller of ``ArchiveReader/read(_:limits:expecting:visitor:)`` as it is.
public protocol ArchiveVisitor {
    /// A member starts.
    mutating func begin(_ member: ArchiveMember) throws
    /// Bytes of the member, uncompressed; valid during the call only.
    mutating func data(_ bytes: UnsafeRawBufferPointer) throws
    /// The member is complete and its checksum, where the format has one, is right.
    mutating func end() throws
}

/// A member of an archive that has passed the checks on names and kinds.
public struct ArchiveMember: Sendable, Equatable {
    /// What a member may be; all else is refused before it gets here.
    public enum Kind: String, Sendable {
        /// A plain file.
        case file
        /// A directory.
        case directory
    }

    /// A relative path with `/` between its parts, none of them empty, `.` or `..`, and no `/` at its end.
    public let path: String
    /// File or directory.
    public let kind: Kind
    /// Bytes of the uncompressed content as the header says; nil where the archive tells them only afterwards.
    public let declaredSize: Int64?

    /// A member of its parts.
    public init(path: String, kind: Kind, declaredSize: Int64?) {
        self.path = path
        self.kind = kind
        self.declaredSize = declaredSize
    }
}
