/// Builds zips byte by byte, right or wrong in any field.
struct ZipBuilder {
    struct Entry {
        var name: [UInt8]
        var content: [UInt8]
        var flags: UInt16 = 0
        var method: UInt16 = 0
        var localExtra: [UInt8] = []
        /// What the local header says in place of the content's sizes.
        var localSizes: (compressed: UInt32, plain: UInt32)?
        var localCRC: UInt32?
        /// Bytes behind the data: a descriptor, or what should not be there.
        var behind: [UInt8] = []
        /// Whether the local header leaves checksum and sizes at zero.
        var hidesSizes = false
        var host: UInt16 = 3
        var attributes: UInt32 = 0
        var central = Central()

        init(_ name: String, _ content: String = "content", flags: UInt16 = 0) {
            self.name = Array(name.utf8)
            self.content = Array(content.utf8)
            self.flags = flags
        }
    }

    /// What the directory says otherwise than the local header.
    struct Central {
        var name: [UInt8]?
        var flags: UInt16?
        var method: UInt16?
        var crc: UInt32?
        var size: UInt32?
        var compressedSize: UInt32?
        var offset: UInt32?
        var extra: [UInt8] = []
        var comment: [UInt8] = []
        var disk: UInt16 = 0
        var isLeftOut = false
        var isTwice = false
    }

    /// What the end record says otherwise.
    struct End {
        var count: UInt16?
        var size: UInt32?
        var offset: UInt32?
        var disk: UInt16 = 0
        var comment: [UInt8] = []
    }

    /// The end record of 64 bits and its locator: right unless changed.
    struct End64 {
        var recordBytes: UInt64 = 44
        var count: UInt64?
        var size: UInt64?
        var offset: UInt64?
        var locatorOffset: UInt64?
        var disks: UInt32 = 1
        var hasRecord = true
        var hasLocator = true
        /// Whether the record of 32 bits is filled with ones.
        var isNeeded = true
    }

    var entries: [Entry]
    var end = End()
    var end64: End64?
    var before: [UInt8] = []
    var beforeDirectory: [UInt8] = []
    var beforeEnd: [UInt8] = []
    var behind: [UInt8] = []

    init(_ entries: [Entry]) { self.entries = entries }

    /// One entry, changed.
    init(_ name: String = "a", change: (inout Entry) -> Void) {
        var entry = Entry(name)
        change(&entry)
        entries = [entry]
    }

    func build() -> [UInt8] {
        var output = before
        var directory: [UInt8] = []
        var count: UInt16 = 0
        for entry in entries {
            let record = central(entry, offset: UInt32(output.count))
            for _ in 0..<(entry.central.isLeftOut ? 0 : entry.central.isTwice ? 2 : 1) {
                directory += record
                count += 1
            }
            output += local(entry) + entry.content + entry.behind
        }
        output += beforeDirectory
        let start = UInt32(output.count)
        output += directory + beforeEnd
        if let end64 {
            let directory = (size: UInt64(directory.count), offset: UInt64(start))
            output += Self.records(end64, count: UInt64(count), directory, at: UInt64(output.count))
        }
        let isFull = end64?.isNeeded ?? false
        output += littleEndian([
            (0x0605_4B50, 4), (UInt64(end.disk), 2), (0, 2), (UInt64(end.count ?? (isFull ? .max : count)), 2),
            (UInt64(end.count ?? (isFull ? .max : count)), 2),
            (UInt64(end.size ?? (isFull ? .max : UInt32(directory.count))), 4),
            (UInt64(end.offset ?? (isFull ? .max : start)), 4), (UInt64(end.comment.count), 2),
        ])
        return output + end.comment + behind
    }

    private static func records(
        _ end: End64,
        count: UInt64,
        _ directory: (size: UInt64, offset: UInt64),
        at offset: UInt64
    ) -> [UInt8] {
        let entries = end.count ?? count
        let record = littleEndian([
            (0x0606_4B50, 4), (end.recordBytes, 8), (45, 2), (45, 2), (0, 4), (0, 4), (entries, 8), (entries, 8),
            (end.size ?? directory.size, 8), (end.offset ?? directory.offset, 8),
        ])
        let locator = littleEndian([
            (0x0706_4B50, 4), (0, 4), (end.locatorOffset ?? offset, 8), (UInt64(end.disks), 4),
        ])
        return (end.hasRecord ? record : []) + (end.hasLocator ? locator : [])
    }

    private func local(_ entry: Entry) -> [UInt8] {
        let size = entry.hidesSizes ? 0 : UInt32(entry.content.count)
        let sizes = entry.localSizes ?? (size, size)
        return littleEndian([
            (0x0403_4B50, 4), (20, 2), (UInt64(entry.flags), 2), (UInt64(entry.method), 2), (0x21_0000, 4),
            (UInt64(entry.localCRC ?? (entry.hidesSizes ? 0 : crc32(entry.content))), 4),
            (UInt64(sizes.compressed), 4), (UInt64(sizes.plain), 4),
            (UInt64(entry.name.count), 2), (UInt64(entry.localExtra.count), 2),
        ]) + entry.name + entry.localExtra
    }

    private func central(_ entry: Entry, offset: UInt32) -> [UInt8] {
        let name = entry.central.name ?? entry.name
        let size = UInt32(entry.content.count)
        return littleEndian([
            (0x0201_4B50, 4), (UInt64(entry.host << 8 | 20), 2), (20, 2),
            (UInt64(entry.central.flags ?? entry.flags), 2), (UInt64(entry.central.method ?? entry.method), 2),
            (0x21_0000, 4), (UInt64(entry.central.crc ?? crc32(entry.content)), 4),
            (UInt64(entry.central.compressedSize ?? size), 4), (UInt64(entry.central.size ?? size), 4),
            (UInt64(name.count), 2), (UInt64(entry.central.extra.count), 2), (UInt64(entry.central.comment.count), 2),
            (UInt64(entry.central.disk), 2), (0, 2), (UInt64(entry.attributes), 4),
            (UInt64(entry.central.offset ?? offset), 4),
        ]) + name + entry.central.extra + entry.central.comment
    }
}
