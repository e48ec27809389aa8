import SignalboxCore
import Wire

extension BadInput {
    private static let path = "ep_00000/metadata.json"

    /// The manifest tells the truth about the archive's bytes; the archive breaks a rule or differs member by member.
    static let members = [
        BadInput("an episode that is not in the archive", .memberMissing) {
            $0.setEpisodes(Sample.files.map(\.blob) + [Member("ep_00009/metadata.json", "{}").blob])
        },
        BadInput("a member that the manifest does not name", .memberExtra) {
            $0.setEpisodes(Sample.files.dropLast().map(\.blob))
        },
        BadInput("a member with a byte more than signed", .memberSize) { upload in
            upload.setEpisodes(changingFirst { $0.size -= 1 })
        },
        BadInput("a member with a byte less than signed", .memberSize) { upload in
            upload.setEpisodes(changingFirst { $0.size += 1 })
        },
        BadInput("a member with other bytes than signed", .memberDigest) { upload in
            upload.setEpisodes(changingFirst { $0.digest = SHA256.digest(of: "other") })
        },
        BadInput("two members of one name", .memberDuplicate) {
            $0.setArchive($0.archive.replacing("ep_00001/metadata.json", with: path))
        },
        BadInput("two names that differ by case", .memberDuplicate) {
            $0.setArchive($0.archive.replacing("ep_00001/metadata.json", with: "EP_00000/metadata.json"))
        },
        BadInput("a file where another member has a folder", .memberDuplicate) { upload in
            let members = [Member("ab", "x"), Member("cd/e", "y")]
            upload.archive = try TestArchive.zip(members).replacing("cd/e", with: "ab/e")
            upload.manifest = Upload.manifest(upload.archive, [members[0], Member("ab/e", "y")])
            upload.sign()
        },
        BadInput("an absolute name", .memberPathUnsafe) {
            $0.setArchive($0.archive.replacing(path, with: "/" + path.dropFirst()))
        },
        BadInput("a name that climbs out", .memberPathUnsafe) {
            $0.setArchive($0.archive.replacing(path, with: "../00000/metadata.json"))
        },
        BadInput("a name that climbs out in its middle", .memberPathUnsafe) {
            $0.setArchive($0.archive.replacing(path, with: "ep_000/../etadata.json"))
        },
        BadInput("a name with a backslash", .memberPathUnsafe) {
            $0.setArchive($0.archive.replacing(path, with: "ep_00000\\metadata.json"))
        },
        BadInput("a name with NUL", .memberPathUnsafe) {
            $0.setArchive($0.archive.replacing(path, with: "ep_00000/metadata\0json"))
        },
        BadInput("a name with a drive", .memberPathUnsafe) {
            $0.setArchive($0.archive.replacing(path, with: "C:_00000/metadata.json"))
        },
        BadInput("a symbolic link", .memberKind) {
            $0.setArchive($0.archive.patching(ZipSignature.entry, at: 41) { _ in 0xA1 })
        },
        BadInput("a device", .memberKind) {
            $0.setArchive($0.archive.patching(ZipSignature.entry, at: 41) { _ in 0x21 })
        },
        BadInput("an encrypted member", .memberEncrypted) { upload in
            let bytes = upload.archive.patching(ZipSignature.local, at: 6) { $0 | 1 }
            upload.setArchive(bytes.patching(ZipSignature.entry, at: 8) { $0 | 1 })
        },
    ]

    static let structures = [
        BadInput("another name in the directory", .directoryMismatch) { upload in
            guard let offset = upload.archive.offsets(of: ZipSignature.entry).first else { return }
            var bytes = upload.archive
            bytes[offset + 46 + 3] ^= 1
            upload.setArchive(bytes)
        },
        BadInput("another size in the directory", .directoryMismatch) {
            $0.setArchive($0.archive.patching(ZipSignature.entry, at: 24, lastOnly: true) { $0 ^ 1 })
        },
        BadInput("a member that the directory does not list", .directoryMismatch) { upload in
            let entries = upload.archive.offsets(of: ZipSignature.entry)
            var bytes = upload.archive
            bytes.removeSubrange(entries[1]..<entries[2])
            let cut = UInt8(entries[2] - entries[1])
            bytes = bytes.patching(ZipSignature.end, at: 8) { $0 - 1 }.patching(ZipSignature.end, at: 10) { $0 - 1 }
            // The directory of four members has more than 255 bytes, that of three fewer.
            bytes = bytes.patching(ZipSignature.end, at: 12) { $0 &- cut }
            upload.setArchive(bytes.patching(ZipSignature.end, at: 13) { _ in 0 })
        },
        BadInput("an end record of other counts", .directoryMismatch) {
            $0.setArchive($0.archive.patching(ZipSignature.end, at: 10) { $0 + 1 })
        },
        BadInput("bytes behind the end record", .trailingData) { $0.setArchive($0.archive + [1, 2, 3]) },
        BadInput("a comment", .trailingData) {
            $0.setArchive($0.archive.patching(ZipSignature.end, at: 20) { _ in 2 } + Array("hi".utf8))
        },
        BadInput("bytes between members and directory", .trailingData) { upload in
            guard let offset = upload.archive.offsets(of: ZipSignature.entry).first else { return }
            var bytes = upload.archive
            bytes.insert(contentsOf: Array("hidden".utf8), at: offset)
            upload.setArchive(bytes)
        },
        BadInput("a second end record", .severalEndRecords) { $0.setArchive($0.archive + $0.archive.suffix(22)) },
    ]

    static let limits = [
        BadInput("a longer name than allowed", .pathLimit, limits: ArchiveLimits(pathBytesMax: 8)),
        BadInput("a deeper folder than allowed", .pathLimit, limits: ArchiveLimits(pathPartsMax: 1)),
        BadInput("more members than allowed", .membersLimit, limits: ArchiveLimits(membersMax: 2)),
        BadInput("a larger archive than allowed", .bytesLimit, limits: ArchiveLimits(archiveBytesMax: 100)),
        BadInput("a larger member than allowed", .bytesLimit, limits: ArchiveLimits(memberBytesMax: 30)),
        BadInput("larger members in all than allowed", .bytesLimit, limits: ArchiveLimits(totalBytesMax: 60)),
        BadInput("a bomb", .ratioLimit) { upload in
            let zeros = Member("ep_00000/zeros", [UInt8](repeating: 0, count: 8 << 20))
            upload.archive = try TestArchive.zip([zeros], compression: .deflate)
            upload.manifest = Upload.manifest(upload.archive, [zeros])
            upload.sign()
        },
    ]

    private static func changingFirst(_ change: (inout Manifest.Blob) -> Void) -> [Manifest.Blob] {
        var blobs = Sample.files.map(\.blob)
        change(&blobs[0])
        return blobs
    }
}
