/// How much of an archive is read before it is refused.
public struct ArchiveLimits: Sendable, Equatable {
    /// Bytes of the archive itself.
    public var archiveBytesMax: Int64
    /// Files and directories.
    public var membersMax: Int
    /// Uncompressed bytes of one member.
    public var memberBytesMax: Int64
    /// Uncompressed bytes of all members.
    public var totalBytesMax: Int64
    /// Uncompressed bytes for one compressed byte, in one member and in all; counted beyond ``ratioFloorBytes``.
    public var ratioMax: Int64
    /// Bytes of one member's path.
    public var pathBytesMax: Int
    /// Parts of one member's path, which is how deep folders may nest: each is a name that is kept until the archive's
    /// end. Archives within archives are bytes like others, and never opened.
    public var pathPartsMax: Int

    /// 64 GiB of archive and of content, 20,000 members, 8 GiB a member, 200 times, paths of 1024 bytes and 32 parts.
    public static let standard = ArchiveLimits()

    /// Expansion is not judged below this many uncompressed bytes: short runs of zeros are no bomb.
    public static let ratioFloorBytes: Int64 = 4 << 20

    /// Bytes of all names that are kept, members' and their folders', each counted with ``nameOverheadBytes``.
    public static let namesBytesMax = 8 << 20

    /// What keeping a name takes beside its bytes.
    static let nameOverheadBytes = 96

    /// Bytes of one zip header with its name and extra fields.
    static let headerBytesMax = 16 << 10

    /// Bytes of all header blocks of one member of a tar: its own, and those of long names and of pax records.
    static let tarHeadersBytesMax = 96 << 10

    /// Bytes of zeros behind a tar's last member: the end mark, and what fills the last record.
    static let tarEndBytesMax: Int64 = 16 << 20

    /// Bytes at an archive's start that are searched for the member that something stands in front of.
    static let prefixBytesMax = 64 << 10

    /// Bytes behind the last member of a zip: the central directory and the end records.
    static let directoryBytesMax = 8 << 20

    /// Bytes of a zstd window, the least that RFC 8878 (section 3.1.1.1.2) wants decoders to support.
    static let windowBytesMax: UInt64 = 8 << 20

    /// Limits of one's own.
    public init(
        archiveBytesMax: Int64 = 64 << 30,
        membersMax: Int = 20_000,
        memberBytesMax: Int64 = 8 << 30,
        totalBytesMax: Int64 = 64 << 30,
        ratioMax: Int64 = 200,
        pathBytesMax: Int = 1024,
        pathPartsMax: Int = 32
    ) {
        self.archiveBytesMax = archiveBytesMax
        self.membersMax = membersMax
        self.memberBytesMax = memberBytesMax
        self.totalBytesMax = totalBytesMax
        self.ratioMax = ratioMax
        self.pathBytesMax = pathBytesMax
        self.pathPartsMax = pathPartsMax
    }
}
