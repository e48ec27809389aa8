import Foundation
import Testing
import Wire

@Suite struct ArchiveWriterTests {
    private let folder: TemporaryFolder
    private let sources: [ArchiveWriter.Source]
    private let expected: [String: [UInt8]]

    init() throws {
        folder = try TemporaryFolder()
        let text = Array(String(repeating: "{\"action\":[0.25,-1]}\n", count: 40_000).utf8)
        expected = [
            "ep0/steps.jsonl": text, "ep0/ü.bin": (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) },
            "none": [],
        ]
        sources = try [
            .init(path: "ep0/steps.jsonl", file: folder.file("1", text)),
            .init(path: "ep0/ü.bin", file: folder.file("2", expected["ep0/ü.bin"] ?? [])),
            .init(path: "none", file: folder.file("3", [])),
        ]
    }

    @Test func whatCannotBeReplacedStays() throws {
        let folder = try TemporaryFolder()
        let taken = folder.path + "/taken.zip"
        #expect(mkdir(taken, 0o755) == 0)
        let error = #expect(throws: ArchiveError.self) { try ArchiveWriter.writeZip([], to: taken) }
        #expect(error?.code == .fileUnwritable)
        #expect(access(taken, F_OK) == 0)
    }

    @Test(arguments: [ArchiveWriter.Compression.stored, .deflate])
    func theReaderTakesWhatIsWritten(_ compression: ArchiveWriter.Compression) async throws {
        let path = folder.path + "/a.zip"
        nonisolated(unsafe) var packed: Int64 = 0
        let written = try ArchiveWriter.writeZip(sources, to: path, compression: compression) { packed = $0 }
        let (visitor, summary) = try await ArchiveReader.read(FileStream(path: path), visitor: CollectingVisitor())
        #expect(visitor.contents == expected)
        #expect(visitor.entries.map(\.member.path) == sources.map(\.path))
        #expect(summary.size == written.size)
        #expect(summary.sha256 == written.sha256)
        #expect(summary.crc32c == written.crc32c)
        #expect(packed == summary.memberBytes)
        for member in written.members {
            let content = try #require(expected[member.path])
            #expect(member.size == Int64(content.count))
            #expect(member.sha256 == SHA256.digest(of: content))
        }
        #expect((written.size < summary.memberBytes) == (compression == .deflate))
    }

    @Test(arguments: [ArchiveWriter.Compression.stored, .deflate])
    func pythonTakesWhatIsWritten(_ compression: ArchiveWriter.Compression) throws {
        let path = folder.path + "/a.zip"
        _ = try ArchiveWriter.writeZip(sources, to: path, compression: compression)
        let script = """
            import hashlib, sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            for info in archive.infolist():
                print(info.filename, hashlib.sha256(archive.read(info)).hexdigest())
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-X", "utf8", "-c", script, path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = sources.map { "\($0.path) \(SHA256.digest(of: expected[$0.path] ?? []))\n" }
        #expect(text == lines.joined())
    }

    @Test func theSameMembersGiveTheSameBytes() throws {
        let first = try ArchiveWriter.writeZip(sources, to: folder.path + "/a.zip", compression: .deflate)
        let second = try ArchiveWriter.writeZip(sources, to: folder.path + "/b.zip", compression: .deflate)
        #expect(first == second)
    }

    @Test func namesThatTheReaderRefusesAreNotWritten() throws {
        let path = folder.path + "/a.zip"
        for name in ["../a", "/a", "a\\b", ""] {
            let error = #expect(throws: ArchiveError.self) {
                try ArchiveWriter.writeZip([.init(path: name, file: sources[0].file)], to: path)
            }
            #expect(error?.code == .pathUnsafe)
        }
        let twice = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.writeZip([sources[0], sources[0]], to: path)
        }
        #expect(twice?.code == .duplicate)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func filesThatCannotBeReadOrWrittenAreNamed() throws {
        let missing = ArchiveWriter.Source(path: "a", file: folder.path + "/missing")
        let unreadable = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.writeZip([missing], to: folder.path + "/a.zip")
        }
        #expect(unreadable?.code == .fileUnreadable)
        #expect(unreadable?.message.contains(missing.file) == true)
        let unwritable = #expect(throws: ArchiveError.self) {
            try ArchiveWriter.writeZip(sources, to: folder.path + "/no/a.zip")
        }
        #expect(unwritable?.code == .fileUnwritable)
        let noFile = #expect(throws: ArchiveError.self) { try FileStream(path: folder.path) }
        #expect(noFile?.code == .fileUnreadable)
    }
}
