import Glibc
import Testing
import Wire

/// Files that are made once, ends of files, and folders.
@Suite struct FileIOTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aNewFileIsWrittenOnce() async throws {
        let path = folder.path + "/once"
        let written = try await withThrowingTaskGroup(of: Int?.self) { group in
            for writer in 0..<8 {
                group.addTask { try FileIO.writeNew(Array("\(writer)".utf8), to: path) ? writer : nil }
            }
            return try await group.reduce(into: []) { if let writer = $1 { $0.append(writer) } }
        }
        try #require(written.count == 1)
        #expect(try FileIO.read(path, bytesMax: 10) == Array("\(written[0])".utf8))
        #expect(try FileIO.names(in: folder.path) == ["once"])
        #expect(throws: FileIO.Failure.self) { try FileIO.writeNew([], to: folder.path + "/none/file") }
    }

    @Test func theEndOfAFileIsRead() throws {
        let path = try folder.file("text", Array("0123456789".utf8))
        #expect(try FileIO.readEnd(path, bytesMax: 4) == Array("6789".utf8))
        #expect(try FileIO.readEnd(path, bytesMax: 100) == Array("0123456789".utf8))
        #expect(try FileIO.readEnd(try folder.file("empty", []), bytesMax: 4) == [])
        #expect(throws: FileIO.Failure.self) { try FileIO.readEnd(folder.path + "/none", bytesMax: 4) }
    }

    @Test func foldersAreMadeWithThoseTheyLieIn() throws {
        let path = folder.path + "/a/b/c"
        try FileIO.makeFolder(path, permissions: 0o700)
        try FileIO.makeFolder(path)
        var status = stat()
        try #require(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        let file = try folder.file("file", [])
        let failure = #expect(throws: FileIO.Failure.self) { try FileIO.makeFolder(file) }
        #expect(failure?.path == file)
        #expect(throws: FileIO.Failure.self) { try FileIO.makeFolder(file + "/below") }
    }

    @Test func aFolderIsRemovedWithAllButWhatItsLinksNameIn() throws {
        let kept = try folder.file("kept", [1])
        try FileIO.makeFolder(folder.path + "/kept-folder/inner")
        let path = folder.path + "/gone"
        try FileIO.makeFolder(path + "/a/b")
        try FileIO.write([1], to: path + "/a/b/file")
        try #require(symlink(kept, path + "/a/link") == 0)
        try #require(symlink(folder.path + "/kept-folder", path + "/folder-link") == 0)
        try FileIO.removeFolder(path)
        #expect(try FileIO.names(in: folder.path) == ["kept", "kept-folder"])
        #expect(try FileIO.names(in: folder.path + "/kept-folder") == ["inner"])
        try FileIO.removeFolder(path)
        #expect(throws: FileIO.Failure.self) { try FileIO.names(in: path) }
    }

    @Test func severalRemoveAFolderTogether() async throws {
        let path = folder.path + "/gone"
        for number in 0..<500 { try FileIO.makeFolder("\(path)/\(number)/inner") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try FileIO.removeFolder(path) } }
            try await group.waitForAll()
        }
        #expect(try FileIO.names(in: folder.path) == [])
    }
}
