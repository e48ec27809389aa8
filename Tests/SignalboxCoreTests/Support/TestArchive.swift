import Foundation
import Wire

/// Archives for tests: written by `ArchiveWriter`, then edited where a test wants what no writer of ours makes.
enum TestArchive {
    static func zip(
        _ members: [Member],
        compression: ArchiveWriter.Compression = .stored
    ) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "signalbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sources = try members.enumerated().map { index, member in
            let file = folder.appending(path: "\(index)")
            try Data(member.bytes).write(to: file)
            return ArchiveWriter.Source(path: member.path, file: file.path)
        }
        let archive = folder.appending(path: "archive.zip").path
        _ = try ArchiveWriter.writeZip(sources, to: archive, compression: compression)
        return Array(try Data(contentsOf: URL(filePath: archive)))
    }
}

extension [UInt8] {
    /// Where the bytes stand, each time.
    func offsets(of pattern: [UInt8]) -> [Int] {
        guard count >= pattern.count else { return [] }
        return (0...count - pattern.count).filter { self[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }

    /// The same bytes with every occurrence of some text put in another's place; both have the same length.
    func replacing(_ old: String, with new: String) -> [UInt8] {
        precondition(old.utf8.count == new.utf8.count, "an edit in place keeps the length")
        var bytes = self
        for offset in offsets(of: Array(old.utf8)) {
            bytes.replaceSubrange(offset..<offset + old.utf8.count, with: Array(new.utf8))
        }
        return bytes
    }

    /// The same bytes with a change at an offset behind a signature, in every record of that signature (or the last
    /// one).
    func patching(
        _ signature: [UInt8],
        at distance: Int,
        lastOnly: Bool = false,
        _ change: (UInt8) -> UInt8
    ) -> [UInt8] {
        var bytes = self
        let found = offsets(of: signature)
        for offset in lastOnly ? found.suffix(1) : found[...] {
            bytes[offset + distance] = change(bytes[offset + distance])
        }
        return bytes
    }
}

/// The signatures of a zip's records (APPNOTE.TXT 6.3.10).
enum ZipSignature {
    static let local: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
    static let entry: [UInt8] = [0x50, 0x4B, 0x01, 0x02]
    static let end: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
}
