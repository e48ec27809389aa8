import GRDB
import Wire

/// Carries out the writes of one commit, all or none.
struct DocumentCommit {
    /// What a commit came to.
    struct Outcome: Sendable {
        /// The members of `writeResults`.
        var results: [JSON] = []
        let time: Timestamp
    }

    private struct Change {
        let path: DocumentPath
        let before: Document?
        var after: Document?
    }

    private let database: Database
    private let outbox: Outbox
    private let location: String
    private var changes: [Change] = []
    /// By the names' bytes: Swift takes canonically equivalent texts for equal, Firestore does not.
    private var indices: [[UInt8]: Int] = [:]

    /// Applies writes one behind the other, and puts one event for each changed document into the outbox.
    ///
    /// A write that changes nothing leaves the update time as it is and makes no event, as with the real service.
    static func run(
        _ writes: [DocumentWrite],
        _ database: Database,
        outbox: Outbox,
        location: String,
        now: Timestamp
    ) throws -> Outcome {
        guard writes.count <= LocalCloudLimits.commitWritesMax else {
            throw DocumentError.invalid("maximum \(LocalCloudLimits.commitWritesMax) writes allowed per request")
        }
        let time = Timestamp(microseconds: try DurableCounter.commit.next(database, now: now))
        var commit = DocumentCommit(database: database, outbox: outbox, location: location)
        var outcome = Outcome(time: time)
        for write in writes { outcome.results.append(try commit.apply(write, time: time)) }
        for change in commit.changes { try commit.store(change, time: time) }
        return outcome
    }

    private init(database: Database, outbox: Outbox, location: String) {
        self.database = database
        self.outbox = outbox
        self.location = location
    }

    private mutating func apply(_ write: DocumentWrite, time: Timestamp) throws -> JSON {
        let index = try index(of: write.path)
        let current = changes[index].after
        try write.precondition.check(current, name: write.path.name)
        let (fields, values) = try write.apply(to: current, time: time)
        var result: [String: JSON] = [:]
        if let fields {
            let isChanged = current.map { DocumentValue.json($0.fields).bytes != DocumentValue.json(fields).bytes }
            let document = Document(
                name: write.path.name,
                fields: fields,
                createTime: current?.createTime ?? time,
                updateTime: isChanged == false ? current?.updateTime ?? time : time
            )
            changes[index].after = document
            result["updateTime"] = .string(document.updateTime.description)
        } else {
            changes[index].after = nil
        }
        if !values.isEmpty { result["transformResults"] = .array(values.map(\.json)) }
        return .object(result)
    }

    private mutating func index(of path: DocumentPath) throws -> Int {
        let key = Array(path.name.utf8)
        if let index = indices[key] { return index }
        let document = try DocumentTable.find(database, path)
        indices[key] = changes.count
        changes.append(Change(path: path, before: document, after: document))
        return changes.count - 1
    }

    private func store(_ change: Change, time: Timestamp) throws {
        guard change.before?.updateTime != change.after?.updateTime else { return }
        let kind: EventSubscription.DocumentEvent
        if let document = change.after {
            try DocumentTable.save(database, change.path, document)
            kind = change.before == nil ? .created : .updated
        } else {
            try DocumentTable.delete(database, change.path)
            kind = .deleted
        }
        let data = DocumentEventData(before: change.before, after: change.after)
        for kind in [kind, .written] {
            try outbox.add(.document(kind, change.path, data, location: location, at: time), database)
        }
    }
}
