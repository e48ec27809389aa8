import SignalboxCore
import Testing
import Wire

extension ObjectStoreCheck {
    func copies() async throws {
        let (source, destination) = (name("source"), name("destination"))
        let written = try await write(source, "bytes", metadata: ["k": "v"])
        let copy = try await store.copy(source, generation: written.generation, to: destination, if: .doesNotExist)
        #expect(copy.name == destination)
        #expect(copy.crc32c == written.crc32c)
        #expect(copy.metadata == ["k": "v"])
        #expect(copy.contentType == "text/plain")
        #expect(try await text(destination) == "bytes")
        #expect(try await text(source) == "bytes")
        #expect(
            await code { _ = try await store.copy(name("none"), generation: nil, to: destination, if: .none) }
                == .notFound
        )
    }

    func holdsToPreconditionsOfCopies() async throws {
        let (source, destination) = (name("source"), name("destination"))
        let first = try await write(source, "one")
        let second = try await write(source, "two")
        #expect(
            await code { _ = try await store.copy(source, generation: first.generation, to: destination, if: .none) }
                == .notFound
        )
        let copy = try await store.copy(source, generation: second.generation, to: destination, if: .none)
        let unmet: [ObjectPreconditions] = [.doesNotExist, .generation(first.generation)]
        for preconditions in unmet {
            #expect(
                await code { _ = try await store.copy(source, generation: nil, to: destination, if: preconditions) }
                    == .preconditionFailed
            )
        }
        #expect(try await store.metadata(of: destination).generation == copy.generation)
    }

    func composes() async throws {
        let parts = ["one", "", "three"]
        for (index, part) in parts.enumerated() { _ = try await write(name("part-\(index)"), part) }
        let sources = parts.indices.map { name("part-\($0)").name }
        let whole = name("whole")
        let composed = try await store.compose(sources, to: whole, contentType: "text/csv", if: .doesNotExist)
        #expect(composed.size == 8)
        #expect(composed.contentType == "text/csv")
        #expect(try await text(whole) == "onethree")
        #expect(
            await code { _ = try await store.compose(sources, to: whole, contentType: "text/csv", if: .doesNotExist) }
                == .preconditionFailed
        )
        #expect(
            await code {
                _ = try await store.compose([name("none").name], to: whole, contentType: "text/csv", if: .none)
            } == .notFound
        )
        #expect(try await text(whole) == "onethree")
    }

    func deletes() async throws {
        let object = name("object")
        #expect(await code { try await store.delete(object, generation: nil, if: .none) } == .notFound)
        let written = try await write(object, "one")
        try await store.delete(object, generation: nil, if: .none)
        #expect(try await store.metadataIfPresent(of: object) == nil)
        #expect(try await store.listAll(bucket: bucket, prefix: prefix).isEmpty)
        let again = try await write(object, "two", if: .doesNotExist)
        #expect(again.generation > written.generation)
    }

    func holdsToPreconditionsOfDeletes() async throws {
        let object = name("object")
        let first = try await write(object, "one")
        let second = try await write(object, "two")
        #expect(await code { try await store.delete(object, generation: first.generation, if: .none) } == .notFound)
        #expect(
            await code { try await store.delete(object, generation: nil, if: .generation(first.generation)) }
                == .preconditionFailed
        )
        #expect(try await text(object) == "two")
        try await store.delete(object, generation: second.generation, if: .generation(second.generation))
        #expect(try await store.metadataIfPresent(of: object) == nil)
    }

    /// Bytes that can be read again, in chunks that fit no part.
    private struct Source: ObjectSource {
        let bytes: [UInt8]
        var length: Int64 { Int64(bytes.count) }
        func stream(from offset: Int64) -> any ByteStream {
            BytesStream(Array(bytes[Int(offset)...]), chunkBytes: 99_991)
        }
    }

    func takesLargeSources() async throws {
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 4) }
        let object = name("large")
        let written = try await store.write(
            object,
            .source(Source(bytes: bytes)),
            contentType: "application/zip",
            metadata: ["k": "v"],
            if: .doesNotExist
        )
        #expect(written.size == 3_000_001)
        #expect(written.crc32c == CRC32C.checksum(of: bytes))
        #expect(written.contentType == "application/zip")
        #expect(written.metadata == ["k": "v"])
        let read = try await store.bytes(of: object, bytesMax: 4_000_000)
        #expect(read.bytes == bytes)
        #expect(
            await code {
                _ = try await store.write(
                    object,
                    .source(Source(bytes: bytes)),
                    contentType: "application/zip",
                    metadata: [:],
                    if: .doesNotExist
                )
            } == .preconditionFailed
        )
    }

    func letsOneCreatorWin() async throws {
        let object = name("object")
        let winners = try await withThrowingTaskGroup(of: String?.self) { group in
            for index in 0..<8 {
                group.addTask {
                    do {
                        _ = try await write(object, "creator \(index)", if: .doesNotExist)
                        return "creator \(index)"
                    } catch let error as StoreError where error.code == .preconditionFailed {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: [String]()) { if let winner = $1 { $0.append(winner) } }
        }
        #expect(winners == [try await text(object)])
    }

    func createsOnce() async throws {
        let object = name("object")
        let bytes = Array("bytes".utf8)
        let first = try await store.create(object, bytes, contentType: "text/plain")
        #expect(try await store.create(object, bytes, contentType: "text/plain") == first)
        #expect(
            await code { _ = try await store.create(object, Array("other".utf8), contentType: "text/plain") }
                == .alreadyExists
        )
    }
}
