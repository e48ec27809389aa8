import SignalboxCore
import Testing
import Wire

extension DocumentStoreCheck {
    private func ids(_ query: DocumentQuery) async throws -> [String] { try await store.queryAll(query).map(\.id) }

    func filters() async throws {
        try await commit(
            .create(path("a"), ["n": .integer(1), "s": .string("x"), "lease": .map(["holder": .string("me")])]),
            .create(path("b"), ["n": .integer(2), "s": .string("x"), "lease": .map(["holder": .string("you")])]),
            .create(path("c"), ["n": .integer(3), "s": .string("y")]),
            .create(path("d"), ["n": .double(2.5)]),
            .create(path("e"), ["n": .string("2")]),
            .create(path("f"), ["s": .null])
        )
        let all = DocumentQuery(collection: collection)
        #expect(try await ids(all) == ["a", "b", "c", "d", "e", "f"])
        #expect(try await ids(all.where("n", .equal, .integer(2))) == ["b"])
        #expect(try await ids(all.where("s", .equal, .string("x"))) == ["a", "b"])
        #expect(try await ids(all.where("s", .equal, .null)) == ["f"])
        #expect(try await ids(all.where("lease.holder", .equal, .string("you"))) == ["b"])
        #expect(try await ids(all.where("s", .equal, .string("x")).where("n", .equal, .integer(1))) == ["a"])
        let byNumber = DocumentQuery(collection: collection, orderBy: "n")
        #expect(try await ids(byNumber.where("n", .greaterThan, .integer(1))) == ["b", "d", "c"])
        #expect(try await ids(byNumber.where("n", .greaterThanOrEqual, .integer(2))) == ["b", "d", "c"])
        #expect(try await ids(byNumber.where("n", .lessThan, .integer(2))) == ["a"])
        #expect(try await ids(byNumber.where("n", .lessThanOrEqual, .double(2.5))) == ["a", "b", "d"])
        let between = byNumber.where("n", .greaterThan, .integer(1)).where("n", .lessThan, .integer(3))
        #expect(try await ids(between) == ["b", "d"])
        // Firestore orders by the compared field where no order is named; the rule is the set.
        #expect(Set(try await ids(all.where("n", .greaterThan, .integer(1)))) == ["b", "c", "d"])
    }

    func ordersAndPages() async throws {
        var writes: [DocumentWrite] = []
        for index in 0..<10 {
            let fields: [String: DocumentValue] = [
                "group": .integer(Int64(index % 3)), "at": .timestamp(Timestamp(seconds: Int64(100 - index))),
                "nested": .map(["n": .integer(Int64(index))]),
            ]
            writes.append(.create(path("doc-\(index)"), fields))
        }
        writes.append(.create(path("other"), ["unrelated": .boolean(true)]))
        _ = try await store.commit(writes)
        func pages(_ orderBy: String?, descending: Bool = false) async throws -> [String] {
            var query = DocumentQuery(collection: collection, orderBy: orderBy, descending: descending)
            query.pageDocumentsMax = 3
            var found: [String] = []
            repeat {
                let page = try await store.query(query)
                #expect(page.documents.count <= 3)
                found += page.documents.map { String($0.id.suffix(1)) }
                query.pageToken = page.nextPageToken
            } while query.pageToken != nil && found.count < 100
            return found
        }
        #expect(try await pages("group").joined() == "0369147258")
        #expect(try await pages("group", descending: true).joined() == "8527419630")
        #expect(try await pages("at").joined() == "9876543210")
        #expect(try await pages("nested.n").joined() == "0123456789")
        #expect(try await pages(nil).joined() == "0123456789r")
        #expect(try await pages("missing").isEmpty)
    }

    /// Times of reads and commits are of one clock, which does not go back.
    func tellsTheTimeOfReads() async throws {
        var last = try await store.read(path("a")).readTime
        for number in 0..<5 as Range<Int64> {
            let written = try await commit(.set(path("a"), ["n": .integer(number)], if: .none)).updateTimes[0]
            #expect(written >= last)
            let found = try await store.read(path("a"))
            #expect(found.document?.updateTime == written)
            #expect(found.readTime >= written)
            let missing = try await store.read(path("missing"))
            #expect(missing.document == nil)
            #expect(missing.readTime >= found.readTime)
            let page = try await store.query(DocumentQuery(collection: collection))
            #expect(page.documents.map(\.updateTime) == [written])
            #expect(page.readTime >= missing.readTime)
            let empty = try await store.query(DocumentQuery(collection: "\(collection)-empty"))
            #expect(empty.readTime >= page.readTime)
            last = empty.readTime
        }
    }

    func leavesOutOtherCollections() async throws {
        try await commit(
            .create(path("a"), [:]),
            .create(path("a/runs/1"), [:]),
            .create(path("a/runs/2"), [:]),
            .create("\(collection)-other/b", [:])
        )
        #expect(try await ids(DocumentQuery(collection: collection)) == ["a"])
        #expect(try await ids(DocumentQuery(collection: path("a/runs"))) == ["1", "2"])
        #expect(try await store.get(path("a/runs/2"))?.path == path("a/runs/2"))
    }
}
