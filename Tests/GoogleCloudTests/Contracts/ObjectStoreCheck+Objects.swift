import SignalboxCore
import Synchronization
import Testing
import Wire

extension ObjectStoreCheck {
    func writesAndReads() async throws {
        let object = name("object")
        #expect(await code { _ = try await store.metadata(of: object) } == .notFound)
        #expect(await code { _ = try await text(object) } == .notFound)
        let written = try await write(object, "hello", metadata: ["key": "välue"])
        #expect(written.name == object)
        #expect(written.size == 5)
        #expect(written.crc32c == CRC32C.checksum(of: Array("hello".utf8)))
        #expect(written.contentType == "text/plain")
        #expect(written.metadata == ["key": "välue"])
        #expect(written.metageneration == 1)
        #expect(written.generation > 0)
        #expect(try await store.metadata(of: object) == written)
        let content = try await store.read(object, generation: nil, range: nil, if: .none)
        #expect(content.metadata == written)
        #expect(try await content.body.collect(bytesMax: 10) == Array("hello".utf8))
    }

    func keepsEmptyObjects() async throws {
        let written = try await write(name("empty"), "")
        #expect(written.size == 0)
        #expect(written.crc32c == CRC32C())
        #expect(try await text(name("empty")).isEmpty)
    }

    func keepsAwkwardNames() async throws {
        let names = ["a b", "ü/ß", "x?y#z%25", "a+b&c=d", "a//b", "q'\"(),;:@$!*~", "dot/.", "dots/.."].map(name)
        for name in names { _ = try await write(name, name.name) }
        for name in names {
            #expect(try await store.metadata(of: name).name == name)
            #expect(try await text(name) == name.name)
        }
        #expect(Set(try await store.listAll(bucket: bucket, prefix: prefix).map(\.name)) == Set(names))
    }

    func givesEachWriteAGeneration() async throws {
        let object = name("object")
        let first = try await write(object, "one", metadata: ["k": "v"])
        let second = try await write(object, "two")
        #expect(second.generation > first.generation)
        #expect(second.metadata.isEmpty)
        #expect(try await text(object) == "two")
        #expect(await code { _ = try await metadata(object, generation: first.generation, if: .none) } == .notFound)
    }

    func holdsToPreconditionsOfWrites() async throws {
        let object = name("object")
        let first = try await write(object, "one", if: .doesNotExist)
        #expect(await code { _ = try await write(object, "x", if: .doesNotExist) } == .preconditionFailed)
        let second = try await write(object, "two", if: .generation(first.generation))
        #expect(
            await code { _ = try await write(object, "x", if: .generation(first.generation)) } == .preconditionFailed
        )
        let notSecond = ObjectPreconditions(generationNotMatch: second.generation)
        #expect(await code { _ = try await write(object, "x", if: notSecond) } == .preconditionFailed)
        let ofMetageneration = ObjectPreconditions(metagenerationMatch: 7)
        #expect(await code { _ = try await write(object, "x", if: ofMetageneration) } == .preconditionFailed)
        #expect(await code { _ = try await write(name("none"), "x", if: .generation(9)) } == .preconditionFailed)
        #expect(try await text(object) == "two")
    }

    func holdsToPreconditionsOfReads() async throws {
        let object = name("object")
        let written = try await write(object, "one")
        let met: [ObjectPreconditions] = [
            .generation(written.generation), ObjectPreconditions(generationNotMatch: 1),
            ObjectPreconditions(metagenerationMatch: 1), ObjectPreconditions(metagenerationNotMatch: 2),
        ]
        for preconditions in met { #expect(try await metadata(object, if: preconditions) == written) }
        let unmet: [ObjectPreconditions] = [
            .generation(1), ObjectPreconditions(generationNotMatch: written.generation),
            ObjectPreconditions(metagenerationMatch: 2), ObjectPreconditions(metagenerationNotMatch: 1),
        ]
        for preconditions in unmet {
            #expect(await code { _ = try await metadata(object, if: preconditions) } == .preconditionFailed)
            #expect(
                await code { _ = try await store.read(object, generation: nil, range: nil, if: preconditions) }
                    == .preconditionFailed
            )
        }
    }

    func patchesMetadata() async throws {
        let object = name("object")
        #expect(await code { _ = try await store.patch(object, metadata: ["a": "1"], if: .none) } == .notFound)
        let written = try await write(object, "one", metadata: ["keep": "k", "change": "old", "remove": "r"])
        let patched = try await store.patch(
            object,
            metadata: ["change": "new", "remove": nil, "add": "a"],
            if: ObjectPreconditions(metagenerationMatch: 1)
        )
        #expect(patched.metadata == ["keep": "k", "change": "new", "add": "a"])
        #expect(patched.generation == written.generation)
        #expect(patched.metageneration == 2)
        #expect(patched.updated >= written.updated)
        #expect(
            await code {
                _ = try await store.patch(object, metadata: [:], if: ObjectPreconditions(metagenerationMatch: 1))
            } == .preconditionFailed
        )
        #expect(
            await code { _ = try await store.patch(object, metadata: [:], if: .generation(1)) } == .preconditionFailed
        )
        #expect(try await text(object) == "one")
    }

    func readsRanges() async throws {
        let object = name("object")
        _ = try await write(object, "0123456789")
        #expect(try await text(object, range: 0..<1) == "0")
        #expect(try await text(object, range: 3..<7) == "3456")
        #expect(try await text(object, range: 9..<1000) == "9")
        #expect(await code { _ = try await text(object, range: 10..<11) } == .outOfRange)
    }

    func readsPinnedGenerations() async throws {
        let object = name("object")
        let first = try await write(object, "one")
        #expect(try await text(object, generation: first.generation) == "one")
        _ = try await write(object, "two")
        #expect(await code { _ = try await text(object, generation: first.generation) } == .notFound)
    }

    func listsInPages() async throws {
        // In order of their UTF-8 bytes.
        let names = ["a", "a/b", "a/c", "aa", "b", "é", "🤖"]
        for text in names.reversed() { _ = try await write(name(text), text) }
        var found: [String] = []
        var token: String?
        repeat {
            let page = try await store.list(bucket: bucket, prefix: prefix, pageToken: token, pageObjectsMax: 3)
            #expect(page.objects.count <= 3)
            found += page.objects.map { String($0.name.name.dropFirst(prefix.count)) }
            token = page.nextPageToken
        } while token != nil && found.count < 100
        #expect(found == names)
        #expect(try await store.listAll(bucket: bucket, prefix: prefix + "a/").map(\.size) == [3, 3])
        #expect(try await store.listAll(bucket: bucket, prefix: prefix + "nothing").isEmpty)
    }
}
