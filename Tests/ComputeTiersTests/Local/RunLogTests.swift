import SignalboxCore
import Testing
import Wire

@testable import ComputeTiers

/// The last lines of a log.
@Suite struct RunLogTests {
    private let bench: LocalBench

    init() throws { bench = try LocalBench() }

    private func tail(_ bytes: [UInt8]) throws -> String {
        try FileIO.write(bytes, to: bench.folder + "/log")
        return RunLog.tail(bench.folder + "/log")
    }

    @Test func noLogIsNoText() {
        #expect(RunLog.tail(bench.folder + "/none") == "")
        #expect(RunLog.detail("reason", log: bench.folder + "/none") == "reason")
    }

    @Test func controlCharactersGoAndProgressBarsAreLines() throws {
        #expect(try tail(Array("10 %\r20 %\r\n\u{1B}[31mred\u{1B}[0m\tx\0\n\n".utf8)) == "10 %\n20 %\n[31mred[0m\tx")
    }

    @Test func linesAreCounted() throws {
        let lines = (1...50).map { "line \($0)" }
        let expected = lines.suffix(RunLog.linesMax).joined(separator: "\n")
        #expect(try tail(Array(lines.joined(separator: "\n").utf8)) == expected)
    }

    @Test func bytesAreCountedInWholeLines() throws {
        let lines = (1...100).map { "\($0) " + String(repeating: "ä", count: 300) }
        let tail = try tail(Array(lines.joined(separator: "\n").utf8))
        #expect(tail == lines.suffix(6).joined(separator: "\n"))
        #expect(tail.utf8.count <= RunLog.bytesMax)
    }

    @Test(arguments: [[0xFF], Array("ä".utf8), Array("👍".utf8)] as [[UInt8]])
    func aLineWithoutEndIsCutToSize(_ bytes: [UInt8]) throws {
        let tail = try tail([0x78] + (0..<5000).flatMap { _ in bytes })
        #expect(tail.utf8.count <= RunLog.bytesMax)
        #expect(tail.utf8.count > RunLog.bytesMax - 4)
        #expect(Set(tail) == Set(String(decoding: bytes, as: UTF8.self)))
    }
}
