import Foundation
import Glibc
import Testing
import Wire

@testable import Training

@Suite("Numbers of steps") struct StepNumbersTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The same numbers in memory and in a file.
    private func both(_ numbers: [Float]) throws -> [StepNumbers] {
        var store = NumberStore()
        try store.useFile(in: ScratchFolder(folder.path))
        _ = try store.append(numbers)
        return [StepNumbers(numbers), try store.numbers()]
    }

    @Test("are the same collection wherever they are")
    func collection() throws {
        for numbers in try both([1, 2, 3, 4, 5, 6]) {
            #expect(numbers == [1, 2, 3, 4, 5, 6] && numbers != [1, 2, 3, 4, 5] && numbers != [1, 2, 3, 4, 5, 7])
            #expect(Array(numbers) == [1, 2, 3, 4, 5, 6] && numbers.count == 6 && numbers.last == 6)
            let cut = numbers[2..<5]
            #expect(cut == [3, 4, 5] && cut.startIndex == 2 && cut[4] == 5 && cut[3..<4] == [4])
            #expect(cut.row(1, width: 2) == [3, 4] && cut.enumerated().map(\.offset) == [0, 1, 2])
            let stretch = cut.stretch(3..<5)
            #expect(stretch == [4, 5] && stretch.startIndex == 0 && stretch.stretch(1..<2)[0] == 5)
            let memory = cut.withContiguousStorageIfAvailable { Array($0) }
            let bytes = cut.withUnsafeBytes { Array($0) }
            #expect(memory == [3, 4, 5] && bytes.suffix(4) == [0, 0, 0xA0, 0x40])
        }
        for none in try both([]) { #expect(none.isEmpty && none == [] && none.stretch(0..<0).isEmpty) }
    }

    @Test("outlive the file's opener, and leave no name in the folder")
    func nameless() throws {
        let numbers = try both([7, 8])
        #expect(try FileIO.names(in: folder.path).isEmpty)
        #expect(numbers[1] == [7, 8])
        for open in [ScratchFile.File.unnamed, ScratchFile.File.unlinked] {
            let file = ScratchFile.File(descriptor: open(folder.path))
            #expect(file.descriptor >= 0 && fcntl(file.descriptor, F_GETFD) == FD_CLOEXEC)
            #expect(try FileIO.names(in: folder.path).isEmpty)
        }
        #expect(ScratchFile.File.unnamed(in: folder.path + "/none") < 0)
        #expect(throws: FileIO.Failure.self) { try ScratchFile(in: ScratchFolder(folder.path + "/none")) }
    }

    @Test("are copied behind the others, and what was copied takes no more room", arguments: [false, true])
    func move(isFile: Bool) throws {
        var store = NumberStore()
        if isFile { try store.useFile(in: ScratchFolder(folder.path)) }
        let count = 3 * NumberStore.bufferCountMax + 5
        let first = try store.append((0..<count).map(Float.init))
        let second = try store.append([-1, -2])
        try store.append(zeros: 3)
        try store.move(first, width: 2) { for index in $0.indices { $0[index] += 1 } }
        #expect(first == 0..<count && second == count..<count + 2 && store.count == 2 * count + 5)
        let numbers = try store.numbers()
        #expect(numbers[second] == [-1, -2] && numbers[count + 2..<count + 5] == [0, 0, 0])
        #expect(numbers.stretch(count + 5..<2 * count + 5) == StepNumbers((1...count).map(Float.init)))
        guard isFile else { return }
        let bytes = try allocatedBytes()
        #expect(bytes >= 4 * count && bytes < 6 * count, "\(bytes) for \(4 * count)")
    }

    /// What the nameless file takes on the disk.
    private func allocatedBytes() throws -> Int {
        for name in try FileIO.names(in: "/proc/self/fd") {
            let path = "/proc/self/fd/\(name)"
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
            var status = stat()
            guard target.hasPrefix(folder.path), stat(path, &status) == 0 else { continue }
            return Int(status.st_blocks) * 512
        }
        throw FileIO.Failure(folder.path, "has no open file")
    }
}
