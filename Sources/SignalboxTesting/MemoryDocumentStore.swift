import Synchronization
public import SignalboxCore
public import Wire

/// Documents in memory, with Firestore's rules.
public final class MemoryDocumentStore: DocumentStore, Sendable {
    private struct State {
        var documents: [String: Document] = [:]
        var lastTime = Timestamp(seconds: 0)

        /// What the clock said at the last commit.
        var lastReading = Timestamp(seconds: 0)

        /// Not before the last commit; but where a test's clock stands still, the time that it shows, though the times
        /// of commits advance by microseconds.
        func readTime(_ clock: any Clock) -> Timestamp {
            let now = clock.now().truncatedToMicroseconds
            return now == lastReading ? now : max(now, lastTime)
        }
    }

    private static let root = "projects/memory/databases/(default)/documents/"
    private let state = Mutex(State())
    private let clock: any Clock
    private let faults: FaultPlan

    /// An empty store.
    public init(clock: any Clock, faults: FaultPlan = .none) {
        self.clock = clock
        self.faults = faults
    }

    /// A document, and when it was read.
    public func read(_ path: String) async throws(StoreError) -> DocumentRead {
        try await faults.run("read") { () throws(StoreError) in
            state.withLock { DocumentRead(document: $0.documents[path], readTime: $0.readTime(clock)) }
        }
    }

    /// Carries all writes out, or none.
    public func commit(_ writes: [DocumentWrite]) async throws(StoreError) -> CommitResult {
        try await faults.run("commit") { () throws(StoreError) in
            let now = clock.now().truncatedToMicroseconds
            let result = state.withLock { state in
                Result { () throws(StoreError) in try Self.commit(writes, &state, now: now) }
            }
            return try result.get()
        }
    }

    private static func commit(
        _ writes: [DocumentWrite],
        _ state: inout State,
        now: Timestamp
    ) throws(StoreError) -> CommitResult {
        guard writes.count <= DocumentLimits.commitWritesMax else {
            throw StoreError(.invalidArgument, "more than \(DocumentLimits.commitWritesMax) writes")
        }
        let time = max(now, state.lastTime + .microseconds(1))
        var documents = state.documents
        for write in writes {
            try check(write, documents[write.path])
            switch write.operation {
            case .delete: documents[write.path] = nil
            case .set(let fields, let mask, let transforms):
                let old = documents[write.path]
                var next = mask == nil ? [:] : old?.fields ?? [:]
                for name in mask ?? Array(fields.keys) { next[name] = fields[name] }
                for (name, transform) in transforms { next[name] = try apply(transform, to: next[name], at: time) }
                documents[write.path] = Document(
                    name: root + write.path,
                    fields: next,
                    createTime: old?.createTime ?? time,
                    updateTime: time
                )
            }
        }
        state.documents = documents
        state.lastTime = time
        state.lastReading = now
        return CommitResult(commitTime: time, updateTimes: writes.map { _ in time })
    }

    private static func check(_ write: DocumentWrite, _ document: Document?) throws(StoreError) {
        switch write.precondition {
        case .none: break
        case .exists(false):
            guard document == nil else { throw StoreError(.alreadyExists, "\(write.path) exists") }
        case .exists(true):
            guard document != nil else { throw StoreError(.notFound, "\(write.path) does not exist") }
        case .updateTime(let time):
            guard document?.updateTime == time else {
                let found = document.map { "was written at \($0.updateTime)" } ?? "does not exist"
                throw StoreError(.preconditionFailed, "\(write.path) \(found)")
            }
        }
    }

    private static func apply(
        _ transform: FieldTransform,
        to value: DocumentValue?,
        at time: Timestamp
    ) throws(StoreError) -> DocumentValue {
        switch (transform, value) {
        case (.serverTime, _): return .timestamp(time)
        case (.increment(.integer(let step)), .integer(let number)): return .integer(number &+ step)
        case (.increment(.integer(let step)), .double(let number)): return .double(number + Double(step))
        case (.increment(.double(let step)), .integer(let number)): return .double(Double(number) + step)
        case (.increment(.double(let step)), .double(let number)): return .double(number + step)
        case (.increment(let step), _): return step
        case (.appendMissing(let values), .array(let present)):
            return .array(values.reduce(into: present) { if !$0.contains($1) { $0.append($1) } })
        case (.appendMissing(let values), _):
            return .array(values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
        }
    }

    /// One page of a query; the token is the last document's path.
    public func query(_ query: DocumentQuery) async throws(StoreError) -> DocumentPage {
        try await faults.run("query") { () throws(StoreError) in
            let depth = query.collection.split(separator: "/").count + 1
            let (matching, readTime) = state.withLock { state in
                let matching = state.documents.filter { path, document in
                    path.hasPrefix(query.collection + "/") && path.split(separator: "/").count == depth
                        && query.filters.allSatisfy { Self.holds($0, of: document) }
                        && (query.orderBy.map { Self.value($0, of: document) != nil } ?? true)
                }
                return (matching.values, state.readTime(clock))
            }
            var sorted = matching.sorted { left, right in
                if let field = query.orderBy, let first = Self.value(field, of: left),
                    let second = Self.value(field, of: right), first != second
                {
                    return Self.isLess(first, second)
                }
                return left.path < right.path
            }
            if query.descending { sorted.reverse() }
            if let token = query.pageToken, let index = sorted.firstIndex(where: { $0.path == token }) {
                sorted.removeFirst(index + 1)
            }
            let page = Array(sorted.prefix(query.pageDocumentsMax))
            return DocumentPage(
                documents: page,
                nextPageToken: page.count < sorted.count ? page.last?.path : nil,
                readTime: readTime
            )
        }
    }

    private static func holds(_ filter: DocumentQuery.Filter, of document: Document) -> Bool {
        guard let value = value(filter.field, of: document) else { return false }
        switch filter.comparison {
        case .equal: return value == filter.value
        case .lessThan: return isLess(value, filter.value)
        case .lessThanOrEqual: return isLess(value, filter.value) || value == filter.value
        case .greaterThan: return isLess(filter.value, value)
        case .greaterThanOrEqual: return isLess(filter.value, value) || value == filter.value
        }
    }

    private static func value(_ field: String, of document: Document) -> DocumentValue? {
        field.split(separator: ".").reduce(DocumentValue.map(document.fields) as DocumentValue?) { value, name in
            guard case .map(let fields) = value else { return nil }
            return fields[String(name)]
        }
    }

    /// Values of unlike types do not compare, as in Firestore's range filters.
    private static func isLess(_ left: DocumentValue, _ right: DocumentValue) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.double(let left), .double(let right)): left < right
        case (.integer(let left), .double(let right)): Double(left) < right
        case (.double(let left), .integer(let right)): left < Double(right)
        case (.string(let left), .string(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.timestamp(let left), .timestamp(let right)): left < right
        default: false
        }
    }
}
