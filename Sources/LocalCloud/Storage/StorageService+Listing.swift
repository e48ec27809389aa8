import GRDB
import Wire

extension StorageService {
    /// Objects and common prefixes in the order of their names' bytes, page by page.
    func list(_ request: ServerRequest, bucket: String) async throws -> ServerResponse {
        let listing = try ObjectListing(request.query)
        let page = try await store.read { database in
            try Self.requireBucket(database, bucket)
            return try listing.page(database, bucket: bucket)
        }
        var members: [String: JSON] = ["kind": "storage#objects"]
        if !page.objects.isEmpty {
            members["items"] = .array(page.objects.map { $0.resource(baseURL: request.baseURL) })
        }
        if !page.prefixes.isEmpty { members["prefixes"] = .array(page.prefixes.map { .string($0) }) }
        members["nextPageToken"] = page.token.map { .string($0) }
        return .json(.object(members))
    }
}

/// A question for the objects of a bucket (https://cloud.google.com/storage/docs/json_api/v1/objects/list).
struct ObjectListing: Sendable {
    /// One page of the answer.
    struct Page: Sendable {
        var objects: [ObjectRecord] = []
        var prefixes: [String] = []
        var token: String?

        fileprivate var count: Int { objects.count + prefixes.count }
    }

    /// Where a page begins: at a name, or behind it.
    private struct Cursor {
        var name: String
        var isExclusive: Bool
    }

    private let prefix: String
    private let delimiter: String?
    private let endOffset: String?
    private let countMax: Int
    private let start: Cursor

    /// Reads the request's parameters.
    ///
    /// - Throws: ``StorageError`` (`invalid`) for a page token or a number that is none.
    init(_ query: ServerQuery) throws(StorageError) {
        prefix = query["prefix"] ?? ""
        delimiter = query["delimiter"].flatMap { $0.isEmpty ? nil : $0 }
        endOffset = query["endOffset"]
        guard let count = Int(query["maxResults"] ?? "\(LocalCloudLimits.pageResultsMax)"), count > 0 else {
            throw .invalid("Invalid value for maxResults")
        }
        countMax = min(count, LocalCloudLimits.pageResultsMax)
        let offset = query["startOffset"] ?? ""
        let first = offset.utf8.lexicographicallyPrecedes(prefix.utf8) ? prefix : offset
        guard let token = query["pageToken"], !token.isEmpty else {
            start = Cursor(name: first, isExclusive: false)
            return
        }
        guard let bytes = Base64.decode(token, alphabet: .urlSafe),
            let text = String(validating: bytes, as: UTF8.self), let mark = text.first, mark == "<" || mark == "="
        else { throw .invalid("Invalid value for pageToken") }
        start = Cursor(name: String(text.dropFirst()), isExclusive: mark == "<")
    }

    /// The page that begins at the cursor.
    func page(_ database: Database, bucket: String) throws -> Page {
        var page = Page()
        var cursor = start
        while true {
            guard let object = try next(database, bucket: bucket, from: cursor) else { return page }
            guard page.count < countMax else {
                page.token = token(cursor)
                return page
            }
            if let common = commonPrefix(of: object.name) {
                page.prefixes.append(common)
                guard let next = Self.successor(of: common) else { return page }
                cursor = Cursor(name: next, isExclusive: false)
            } else {
                page.objects.append(object)
                cursor = Cursor(name: object.name, isExclusive: true)
            }
        }
    }

    private func next(_ database: Database, bucket: String, from cursor: Cursor) throws -> ObjectRecord? {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT * FROM objects WHERE bucket = ? AND name \(cursor.isExclusive ? ">" : ">=") ?
                ORDER BY name LIMIT 1
                """,
            arguments: [bucket, cursor.name]
        )
        guard let row else { return nil }
        let object = try ObjectRecord(row)
        guard object.name.utf8.starts(with: prefix.utf8) else { return nil }
        if let endOffset, !object.name.utf8.lexicographicallyPrecedes(endOffset.utf8) { return nil }
        return object
    }

    /// The name up to and with the first delimiter behind the prefix.
    private func commonPrefix(of name: String) -> String? {
        guard let delimiter else { return nil }
        let bytes = Array(name.utf8)
        let pattern = Array(delimiter.utf8)
        var index = prefix.utf8.count
        while index + pattern.count <= bytes.count {
            if bytes[index..<(index + pattern.count)].elementsEqual(pattern) {
                return String(decoding: bytes[..<(index + pattern.count)], as: UTF8.self)
            }
            index += 1
        }
        return nil
    }

    /// The first text behind all texts that begin so: UTF-8 sorts as its scalars do.
    private static func successor(of text: String) -> String? {
        var scalars = Array(text.unicodeScalars)
        while let last = scalars.popLast() {
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            scalars.append(scalar)
            return scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
        }
        return nil
    }

    private func token(_ cursor: Cursor) -> String {
        Base64.encode(Array(((cursor.isExclusive ? "<" : "=") + cursor.name).utf8), alphabet: .urlSafe)
    }
}
