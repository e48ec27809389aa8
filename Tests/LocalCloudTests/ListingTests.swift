import Testing
import Wire

@testable import LocalCloud

@Suite struct ListingTests {
    private static let names = ["a", "a/", "a/1", "a/2", "a/b/3", "a0", "é/1", "b", "\u{10FFFF}x", "\u{D7FF}"]

    /// All pages of a list, one result a page: names, then prefixes.
    private func pages(_ cloud: TestCloud, _ query: String) async throws -> (names: [String], prefixes: [String]) {
        var names: [String] = []
        var prefixes: [String] = []
        var token = ""
        for _ in 0..<50 {
            let answer = try await cloud.client.send(
                "GET",
                "/storage/v1/b/training/o?maxResults=1&\(query)&pageToken=\(PercentEncoding.encode(token))"
            )
            #expect(answer.status == 200)
            if case .array(let items) = answer.json["items"] { names += items.compactMap { $0["name"]?.stringValue } }
            if case .array(let found) = answer.json["prefixes"] { prefixes += found.compactMap(\.stringValue) }
            guard let next = answer.json["nextPageToken"]?.stringValue else { return (names, prefixes) }
            token = next
        }
        Issue.record("the pages have no end")
        return (names, prefixes)
    }

    @Test func pagesThroughNamesInTheOrderOfTheirBytes() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            for name in Self.names { _ = try await cloud.upload(name, []) }
            let sorted = Self.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(try await pages(cloud, "").names == sorted)
            let top = try await pages(cloud, "delimiter=/")
            #expect(top.names == ["a", "a0", "b", "\u{D7FF}", "\u{10FFFF}x"])
            #expect(top.prefixes == ["a/", "é/"])
            let inside = try await pages(cloud, "prefix=a/&delimiter=/")
            #expect(inside.names == ["a/", "a/1", "a/2"])
            #expect(inside.prefixes == ["a/b/"])
            #expect(try await pages(cloud, "startOffset=a/2&endOffset=b").names == ["a/2", "a/b/3", "a0"])
            #expect(try await pages(cloud, "prefix=zz").names == [])
            #expect(try await cloud.client.send("GET", "/storage/v1/b/training/o?pageToken=!").status == 400)
            #expect(try await cloud.client.send("GET", "/storage/v1/b/training/o?maxResults=0").status == 400)
        }
    }
}
