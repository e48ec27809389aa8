import CArchive

/// A zip under construction (APPNOTE.TXT 6.3.10): local headers are patched once the member has passed, so that no data
/// descriptors are needed; 64-bit sizes and offsets only where 32 bits do not hold them.
struct ZipWriter {
    private struct Entry {
        let name: [UInt8]
        let offset: Int64
        let isLarge: Bool
        var crc: UInt32 = 0
        var size: Int64 = 0
        var compressedSize: Int64 = 0
    }

    private static let saturated: Int64 = 0xFFFF_FFFF
    private static let entryCountSaturated = 0xFFFF
    private static let blockBytes = 256 << 10
    /// 1 January 1980, the zero of MS-DOS time.
    private static let dosDate: UInt16 = 0x0021
    /// Made on Unix; a plain file that its owner writes and all read.
    private static let madeBy: UInt16 = 3 << 8 | 45
    private static let attributes: UInt32 = 0o100644 << 16

    private let file: OpenFile
    private let compression: ArchiveWriter.Compression
    private var position: Int64 = 0
    private var packedBytes: Int64 = 0
    private var entries: [Entry] = []
    private(set) var members: [ArchiveWriter.Member] = []

    init(path: String, compression: ArchiveWriter.Compression) throws(ArchiveError) {
        file = try OpenFile(writing: path)
        self.compression = compression
    }

    /// Packs one file.
    mutating func add(_ source: ArchiveWriter.Source, progress: (Int64) -> Void) throws(ArchiveError) {
        let input = try OpenFile(reading: source.file)
        let size = try input.size()
        // Deflate may make incompressible data a little longer.
        let isLarge = size + size / 1000 + 1024 >= Self.saturated
        var entry = Entry(name: Array(source.path.utf8), offset: position, isLarge: isLarge)
        try append(localHeader(entry))
        let digest = try pack(input, as: &entry, progress: progress)
        guard entry.size == size else {
            throw ArchiveError(.fileUnreadable, "\(source.file) changed while it was packed: pack again")
        }
        let header = localHeader(entry)
        try write(header, at: entry.offset)
        entries.append(entry)
        members.append(ArchiveWriter.Member(path: source.path, size: size, sha256: digest))
    }

    /// Writes directory and end records.
    mutating func finish() throws(ArchiveError) {
        let start = position
        for entry in entries { try append(directoryEntry(entry)) }
        let bytes = position - start
        if start >= Self.saturated || entries.count >= Self.entryCountSaturated {
            try append(end64(start: start, bytes: bytes))
        }
        var record = LittleEndianWriter()
        record.u32(ZipRecord.Signature.end)
        record.u32(0)
        let count = UInt16(clamping: entries.count)
        record.u16(count)
        record.u16(count)
        record.u32(UInt32(clamping: bytes))
        record.u32(UInt32(clamping: start))
        record.u16(0)
        try append(record.bytes)
    }

    private mutating func pack(
        _ input: OpenFile,
        as entry: inout Entry,
        progress: (Int64) -> Void
    ) throws(ArchiveError) -> Digest {
        var hash = SHA256()
        let deflater = compression == .deflate ? try Deflater() : nil
        let start = position
        while true {
            let bytes = try input.read(bytesMax: Self.blockBytes)
            let isLast = bytes.isEmpty
            hash.update(bytes)
            entry.crc = UInt32(truncatingIfNeeded: crc32(UInt(entry.crc), bytes, UInt32(bytes.count)))
            entry.size += Int64(bytes.count)
            if let deflater {
                var packed: [UInt8] = []
                try deflate(bytes, isLast: isLast, with: deflater, into: &packed)
                try append(packed)
            } else {
                try append(bytes)
            }
            packedBytes += Int64(bytes.count)
            progress(packedBytes)
            if isLast { break }
        }
        entry.compressedSize = position - start
        return hash.finalize()
    }

    private func deflate(
        _ bytes: [UInt8],
        isLast: Bool,
        with deflater: Deflater,
        into packed: inout [UInt8]
    ) throws(ArchiveError) {
        var output: [UInt8] = []
        let result: Result<Void, ArchiveError> = bytes.withUnsafeBytes { raw in
            Result { () throws(ArchiveError) in
                try deflater.compress(raw, isLast: isLast) { block throws(ArchiveError) in output += block }
            }
        }
        try result.get()
        packed = output
    }

    private func localHeader(_ entry: Entry) -> [UInt8] {
        var record = LittleEndianWriter()
        record.u32(ZipRecord.Signature.local)
        appendCommon(entry, isLarge: entry.isLarge, to: &record)
        record.u16(UInt16(entry.name.count))
        record.u16(entry.isLarge ? 20 : 0)
        record.append(entry.name)
        if entry.isLarge { appendSizes(entry, withOffset: false, to: &record) }
        return record.bytes
    }

    private func directoryEntry(_ entry: Entry) -> [UInt8] {
        let isFar = entry.offset >= Self.saturated
        var extra = LittleEndianWriter()
        if entry.isLarge || isFar { appendSizes(entry, withOffset: isFar, to: &extra) }
        var record = LittleEndianWriter()
        record.u32(ZipRecord.Signature.entry)
        record.u16(Self.madeBy)
        appendCommon(entry, isLarge: entry.isLarge || isFar, to: &record)
        record.u16(UInt16(entry.name.count))
        record.u16(UInt16(extra.bytes.count))
        record.u16(0)
        record.u32(0)
        record.u32(Self.attributes)
        record.u32(isFar ? UInt32.max : UInt32(entry.offset))
        record.append(entry.name)
        record.append(extra.bytes)
        return record.bytes
    }

    private func appendCommon(_ entry: Entry, isLarge: Bool, to record: inout LittleEndianWriter) {
        let isASCII = entry.name.allSatisfy { $0 < 0x80 }
        record.u16(isLarge ? 45 : 20)
        record.u16(isASCII ? 0 : ZipRecord.Flag.utf8)
        record.u16(compression == .deflate ? 8 : 0)
        record.u16(0)
        record.u16(Self.dosDate)
        record.u32(entry.crc)
        record.u32(isLarge ? UInt32.max : UInt32(entry.compressedSize))
        record.u32(isLarge ? UInt32.max : UInt32(entry.size))
    }

    private func appendSizes(_ entry: Entry, withOffset: Bool, to record: inout LittleEndianWriter) {
        record.u16(0x0001)
        record.u16(withOffset ? 24 : 16)
        record.u64(UInt64(entry.size))
        record.u64(UInt64(entry.compressedSize))
        if withOffset { record.u64(UInt64(entry.offset)) }
    }

    private func end64(start: Int64, bytes: Int64) -> [UInt8] {
        var record = LittleEndianWriter()
        record.u32(ZipRecord.Signature.end64)
        record.u64(44)
        record.u16(Self.madeBy)
        record.u16(45)
        record.u64(0)
        record.u64(UInt64(entries.count))
        record.u64(UInt64(entries.count))
        record.u64(UInt64(bytes))
        record.u64(UInt64(start))
        record.u32(ZipRecord.Signature.locator64)
        record.u32(0)
        record.u64(UInt64(start + bytes))
        record.u32(1)
        return record.bytes
    }

    private mutating func append(_ bytes: [UInt8]) throws(ArchiveError) {
        try write(bytes, at: position)
        position += Int64(bytes.count)
    }

    private func write(_ bytes: [UInt8], at offset: Int64) throws(ArchiveError) {
        let result: Result<Void, ArchiveError> = bytes.withUnsafeBytes { raw in
            Result { () throws(ArchiveError) in try file.write(raw, at: offset) }
        }
        try result.get()
    }
}
