import SignalboxCore
import Testing
import Wire

extension DocumentStoreCheck {
    func keepsEveryKindOfValue() async throws {
        let time = Timestamp(seconds: 1_780_000_000, nanoseconds: 123_456_000)
        let inner: [String: DocumentValue] = ["a": .integer(1), "odd-key with ü": .string("x"), "empty": .map([:])]
        let fields: [String: DocumentValue] = [
            "null": .null, "true": .boolean(true), "zero": .integer(0), "min": .integer(.min), "max": .integer(.max),
            "half": .double(-0.5), "large": .double(1e300), "infinity": .double(.infinity), "time": .timestamp(time),
            "early": .timestamp(Timestamp(seconds: -1)), "text": .string("ü\n\"\\🤖"), "blank": .string(""),
            "bytes": .bytes([0, 255, 128]), "none": .bytes([]),
            "place": .geoPoint(latitude: 48.5, longitude: -11.25), "list": .array([.integer(1), .string("b"), .null]),
            "nothing": .array([]), "map": .map(inner), "odd key-ü": .boolean(false),
        ]
        try await commit(.create(path("a"), fields))
        #expect(try await self.fields("a") == fields)
        #expect(try await self.fields("none") == nil)
        try await commit(.create(path("empty"), [:]))
        #expect(try await self.fields("empty") == [:])
    }

    func createsOnce() async throws {
        try await commit(.create(path("a"), ["n": .integer(1)]))
        #expect(await code { try await commit(.create(path("a"), ["n": .integer(2)])) } == .alreadyExists)
        #expect(try await fields("a") == ["n": .integer(1)])
    }

    func holdsToUpdateTimes() async throws {
        let first = try await commit(.create(path("a"), ["n": .integer(1)])).updateTimes[0]
        let second = try await commit(.set(path("a"), ["n": .integer(2)], if: .updateTime(first))).updateTimes[0]
        #expect(second > first)
        let stale = DocumentWrite.set(path("a"), ["n": .integer(3)], if: .updateTime(first))
        #expect(await code { try await commit(stale) } == .preconditionFailed)
        #expect(await code { try await commit(.delete(path("a"), if: .updateTime(first))) } == .preconditionFailed)
        #expect(try await fields("a") == ["n": .integer(2)])
        try await commit(.delete(path("a"), if: .updateTime(second)))
        #expect(try await fields("a") == nil)
        let gone = DocumentWrite.set(path("a"), [:], if: .updateTime(second))
        #expect(await code { try await commit(gone) } == .preconditionFailed)
    }

    func holdsToExistence() async throws {
        let update = DocumentWrite.set(path("a"), ["n": .integer(1)], if: .exists(true))
        #expect(await code { try await commit(update) } == .notFound)
        #expect(await code { try await commit(.delete(path("a"), if: .exists(true))) } == .notFound)
        try await commit(.create(path("a"), [:]))
        try await commit(update)
        #expect(try await fields("a") == ["n": .integer(1)])
    }

    func writesUnderAMask() async throws {
        let map: DocumentValue = .map(["x": .integer(1)])
        try await commit(.create(path("a"), ["keep": map, "change": .integer(1), "remove": .integer(1)]))
        let fields: [String: DocumentValue] = ["change": .integer(2), "add": .integer(3), "ignored": .integer(4)]
        try await commit(.set(path("a"), fields, mask: ["change", "remove", "add"], if: .exists(true)))
        #expect(try await self.fields("a") == ["keep": map, "change": .integer(2), "add": .integer(3)])
        try await commit(.set(path("a"), ["only": .integer(1)], if: .none))
        #expect(try await self.fields("a") == ["only": .integer(1)])
        try await commit(.set(path("new"), ["n": .integer(1)], mask: ["n"], if: .none))
        #expect(try await self.fields("new") == ["n": .integer(1)])
    }

    func transforms() async throws {
        try await commit(.create(path("a"), ["n": .integer(40), "x": .double(1.5), "list": .array([.integer(1)])]))
        let transforms: [String: FieldTransform] = [
            "at": .serverTime, "n": .increment(.integer(2)), "x": .increment(.double(0.25)),
            "new": .increment(.integer(7)), "list": .appendMissing([.integer(1), .integer(2)]),
            "first": .appendMissing([.string("a")]),
        ]
        try await commit(.set(path("a"), ["s": .string("v")], mask: ["s"], transforms: transforms, if: .none))
        let document = try #require(try await store.get(path("a")))
        var fields = document.fields
        guard case .timestamp(let at) = fields.removeValue(forKey: "at") else {
            Issue.record("no time was set")
            return
        }
        // The time of the request, which is not later than that of the commit.
        #expect(at <= document.updateTime && at >= document.createTime - .seconds(60))
        #expect(
            fields == [
                "n": .integer(42), "x": .double(1.75), "new": .integer(7), "s": .string("v"),
                "list": .array([.integer(1), .integer(2)]), "first": .array([.string("a")]),
            ]
        )
    }

    func commitsAllOrNothing() async throws {
        try await commit(.create(path("a"), ["n": .integer(1)]), .create(path("b"), [:]))
        let failing = await code {
            try await commit(
                .set(path("a"), ["n": .integer(2)], if: .none),
                .create(path("c"), [:]),
                .delete(path("missing"), if: .exists(true))
            )
        }
        #expect(failing == .notFound)
        #expect(try await fields("a") == ["n": .integer(1)])
        #expect(try await fields("c") == nil)
        let times = try await commit(
            .set(path("a"), ["n": .integer(2)], if: .none),
            .create(path("c"), [:]),
            .delete(path("b"))
        )
        #expect(times.updateTimes.count == 3)
        #expect(try await store.get(path("a"))?.updateTime == times.updateTimes[0])
        #expect(try await store.get(path("c"))?.updateTime == times.updateTimes[1])
        #expect(try await fields("b") == nil)
    }

    func deletes() async throws {
        try await commit(.create(path("a"), [:]))
        try await commit(.delete(path("a")))
        #expect(try await fields("a") == nil)
        try await commit(.delete(path("a")))
        try await commit(.create(path("a"), ["n": .integer(2)]))
        #expect(try await fields("a") == ["n": .integer(2)])
    }

    func keepsTimes() async throws {
        let created = try await commit(.create(path("a"), [:])).updateTimes[0]
        let first = try #require(try await store.get(path("a")))
        #expect(first.createTime == created)
        #expect(first.updateTime == created)
        #expect(first.path == path("a"))
        #expect(first.id == "a")
        try await commit(.set(path("a"), ["n": .integer(1)], if: .none))
        let second = try #require(try await store.get(path("a")))
        #expect(second.createTime == created)
        #expect(second.updateTime > created)
        #expect(created == created.truncatedToMicroseconds)
    }

    func letsOneClaimWin() async throws {
        let time = try await commit(.create(path("job"), ["holder": .null])).updateTimes[0]
        let winners = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for holder in 0..<8 {
                group.addTask {
                    do {
                        try await commit(
                            .set(path("job"), ["holder": .integer(Int64(holder))], if: .updateTime(time))
                        )
                        return Int64(holder)
                    } catch let error as StoreError where [.preconditionFailed, .aborted].contains(error.code) {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: [Int64]()) { if let winner = $1 { $0.append(winner) } }
        }
        try #require(winners.count == 1)
        #expect(try await fields("job") == ["holder": .integer(winners[0])])
    }

    func bindsCommits() async throws {
        let writes = (0...DocumentLimits.commitWritesMax).map { DocumentWrite.create(path("\($0)"), [:]) }
        #expect(await code { _ = try await store.commit(writes) } == .invalidArgument)
        #expect(try await store.commit(Array(writes.dropLast())).updateTimes.count == writes.count - 1)
    }
}
