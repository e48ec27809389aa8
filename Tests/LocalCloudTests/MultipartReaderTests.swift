import Testing
import Wire

@testable import LocalCloud

@Suite struct MultipartReaderTests {
    private func body(_ media: [UInt8], end: String) -> [UInt8] {
        let head = [
            "--b=1", "Content-Type: application/json", "", #"{"name":"x"}"#, "--b=1", "content-type: image/png", "", "",
        ]
        return Array(head.joined(separator: end).utf8) + media + Array("\(end)--b=1--\(end)".utf8)
    }

    /// Bytes that come close to the boundary, with both line ends and with every way to cut the body.
    @Test(arguments: ["\r\n", "\n"], [1, 2, 3, 7, 1000]) func passesBytesWhole(end: String, chunk: Int) async throws {
        let media = Array("\r\n--b=\n--b\r\r\n\r\n--b=0--\n\r".utf8)
        let stream = BytesStream(body(media, end: end), chunkBytes: chunk)
        let reader = try MultipartReader(stream, contentType: #"multipart/related; boundary="b=1""#)
        let head = try await reader.head()
        #expect(head.resource.value == ["name": "x"])
        #expect(head.contentType == "image/png")
        #expect(try await reader.collect(bytesMax: 1000) == media)
    }

    @Test func passesMuch() async throws {
        let media = SeededRandom(seed: 3).bytes(4 << 20)
        let stream = BytesStream(body(media, end: "\r\n"), chunkBytes: 1 << 16)
        let reader = try MultipartReader(stream, contentType: "multipart/related; boundary=b=1")
        _ = try await reader.head()
        #expect(try await reader.collect(bytesMax: media.count) == media)
    }

    @Test func refusesABodyThatBreaksOff() async throws {
        let whole = body(Array("media".utf8), end: "\r\n")
        for count in [0, 3, 20, 60, whole.count - 12] {
            let reader = try MultipartReader(
                BytesStream(Array(whole[..<count])),
                contentType: "multipart/related; boundary=b=1"
            )
            await #expect(throws: StorageError.self) {
                _ = try await reader.head()
                _ = try await reader.collect(bytesMax: 1000)
            }
        }
        #expect(throws: StorageError.self) { try MultipartReader(BytesStream([]), contentType: "multipart/related") }
    }
}
