import CArchive
import Glibc

/// A libarchive reader over blocks that a closure brings.
final class ArchiveHandle {
    /// What libarchive is allowed to see in the bytes.
    enum Format {
        case zip
        case tar
        /// One zstd stream whose content is handed on as it is.
        case zstd
    }

    /// libarchive's reader.
    let archive: OpaquePointer
    private let fill: () throws -> UnsafeRawBufferPointer
    /// What the closure threw; libarchive itself then only says that reading failed.
    private(set) var failure: (any Error)?

    init(_ format: Format, fill: @escaping () throws -> UnsafeRawBufferPointer) throws {
        guard let archive = archive_read_new() else { throw ArchiveError(.resources, "no memory for a reader") }
        self.archive = archive
        self.fill = fill
        switch format {
        // The streaming reader alone: it believes the local headers, which ZipStructure compares with the directory.
        case .zip: archive_read_support_format_zip_streamable(archive)
        case .tar: archive_read_support_format_tar(archive)
        case .zstd:
            archive_read_support_filter_zstd(archive)
            archive_read_support_format_raw(archive)
        }
        archive_read_set_read_callback(archive) { ArchiveHandle.readBlock($0, $1, $2) }
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        guard archive_read_open1(archive) == ARCHIVE_OK else { throw error() }
        // libarchive unpacks zstd in zstd for as long as it finds it; the inner stream's window nobody would have seen.
        guard archive_filter_count(archive) <= (format == .zstd ? 2 : 1) else {
            throw ArchiveError(.malformed, "zstd within zstd: pack it once")
        }
    }

    deinit { archive_read_free(archive) }

    /// The next member's entry; nil at the end of the archive.
    func nextEntry() throws -> OpaquePointer? {
        var entry: OpaquePointer?
        // libarchive takes a name that it cannot convert for a lack of memory where errno says so, and a malloc(3) that
        // found no room in one arena and took another has left that there.
        errno = 0
        switch archive_read_next_header(archive, &entry) {
        // A warning here is about attributes and character sets, which are not taken from libarchive.
        case ARCHIVE_OK, ARCHIVE_WARN: return entry
        case ARCHIVE_EOF: return nil
        default: throw error()
        }
    }

    /// What the closure threw, or libarchive's own words.
    func error(member: String? = nil) -> any Error {
        if let failure { return failure }
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "it cannot be read"
        guard archive_errno(archive) != ENOMEM else {
            return ArchiveError(.resources, "no memory for reading (\(text))", member: member)
        }
        return ArchiveError(.malformed, "the archive is damaged or cut short (\(text))", member: member)
    }

    /// libarchive's read callback: `context` is the handle.
    private static func readBlock(
        _ archive: OpaquePointer?,
        _ context: UnsafeMutableRawPointer?,
        _ start: UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> Int {
        guard let context else { return -1 }
        let handle = Unmanaged<ArchiveHandle>.fromOpaque(context).takeUnretainedValue()
        do {
            let block = try handle.fill()
            start?.pointee = block.baseAddress
            return block.count
        } catch {
            handle.failure = error
            return -1
        }
    }
}
