public import Wire

/// Documents in collections, as Firestore in Native mode keeps them: strongly consistent, commits atomic
/// (https://cloud.google.com/firestore/docs/reference/rest).
///
/// Paths are relative to the database: `training_jobs/job-1`. Conforming stores retry by themselves what may be
/// retried.
///
/// Reads say when they were made, by the store's own clock. Processes whose clocks differ agree on what time it is by
/// that: what one of them writes, and another one judges, is compared with no other clock.
public protocol DocumentStore: Sendable {
    /// A document, and when it was read.
    func read(_ path: String) async throws(StoreError) -> DocumentRead

    /// Carries all writes out at one moment, or none.
    ///
    /// - Returns: when the writes took effect: the update time of each written document.
    /// - Throws: `alreadyExists` (exists: false, but it does), `notFound` (exists: true, but it does not),
    ///   `preconditionFailed` (another update time, or no document where one is named), `aborted` (lost a race).
    func commit(_ writes: [DocumentWrite]) async throws(StoreError) -> CommitResult

    /// One page of a query.
    func query(_ query: DocumentQuery) async throws(StoreError) -> DocumentPage
}

/// What a read found.
public struct DocumentRead: Sendable, Equatable {
    /// The document, nil where there is none.
    public var document: Document?
    /// When it was read, by the store's clock: not before the document's update time, and not before the time of any
    /// read that was over when this one began.
    public var readTime: Timestamp

    /// A read of its parts.
    public init(document: Document?, readTime: Timestamp) {
        self.document = document
        self.readTime = readTime
    }
}

/// Limits of Firestore (https://cloud.google.com/firestore/quotas).
public enum DocumentLimits {
    /// Writes of one commit.
    public static let commitWritesMax = 500
    /// Bytes of a document.
    public static let documentBytesMax = 1 << 20
    /// Documents of one page of a query.
    public static let pageDocumentsMax = 300
}

/// What must hold of a document before a write.
public enum DocumentPrecondition: Sendable, Equatable {
    /// Nothing.
    case none
    /// It must, or must not, be there.
    case exists(Bool)
    /// It must have been written last at that time.
    case updateTime(Timestamp)
}

/// A change that the server works out from what is there.
public enum FieldTransform: Sendable, Equatable {
    /// The time of the commit.
    case serverTime
    /// Adds to a number.
    case increment(DocumentValue)
    /// Appends to an array what it does not hold yet.
    case appendMissing([DocumentValue])
}

/// One write of a commit.
public struct DocumentWrite: Sendable, Equatable {
    /// What is done.
    public enum Operation: Sendable, Equatable {
        /// Writes fields: all of the document, or those of the mask (a mask's field without a value is removed).
        case set([String: DocumentValue], mask: [String]?, transforms: [String: FieldTransform])
        /// Deletes the document.
        case delete
    }

    /// The document, relative to the database.
    public var path: String
    /// What is done.
    public var operation: Operation
    /// What must hold.
    public var precondition: DocumentPrecondition

    /// Creates a document that must not be there.
    public static func create(_ path: String, _ fields: [String: DocumentValue]) -> DocumentWrite {
        DocumentWrite(path: path, operation: .set(fields, mask: nil, transforms: [:]), precondition: .exists(false))
    }

    /// Replaces a document, or its fields of a mask.
    public static func set(
        _ path: String,
        _ fields: [String: DocumentValue],
        mask: [String]? = nil,
        transforms: [String: FieldTransform] = [:],
        if precondition: DocumentPrecondition
    ) -> DocumentWrite {
        DocumentWrite(
            path: path,
            operation: .set(fields, mask: mask, transforms: transforms),
            precondition: precondition
        )
    }

    /// Deletes a document.
    public static func delete(_ path: String, if precondition: DocumentPrecondition = .none) -> DocumentWrite {
        DocumentWrite(path: path, operation: .delete, precondition: precondition)
    }
}

/// What a commit did.
public struct CommitResult: Sendable, Equatable {
    /// When it took effect.
    public var commitTime: Timestamp
    /// The update times of the written documents, in the order of the writes; the commit time for deletes.
    public var updateTimes: [Timestamp]

    /// A result of its parts.
    public init(commitTime: Timestamp, updateTimes: [Timestamp]) {
        self.commitTime = commitTime
        self.updateTimes = updateTimes
    }
}

/// A query of one collection.
public struct DocumentQuery: Sendable, Equatable {
    /// How a field compares.
    public enum Comparison: String, Sendable {
        /// The same.
        case equal = "EQUAL"
        /// Less.
        case lessThan = "LESS_THAN"
        /// Less or the same.
        case lessThanOrEqual = "LESS_THAN_OR_EQUAL"
        /// Greater.
        case greaterThan = "GREATER_THAN"
        /// Greater or the same.
        case greaterThanOrEqual = "GREATER_THAN_OR_EQUAL"
    }

    /// One condition; all must hold.
    public struct Filter: Sendable, Equatable {
        /// The field's path, dots between map keys.
        public var field: String
        /// How it compares.
        public var comparison: Comparison
        /// With what.
        public var value: DocumentValue
    }

    /// The collection, relative to the database.
    public var collection: String
    /// All must hold.
    public var filters: [Filter]
    /// The field to order by, then the document's name; the name alone when nil.
    public var orderBy: String?
    /// Largest first; only with `orderBy`: names are ordered upwards alone.
    public var descending: Bool
    /// Documents of one page.
    public var pageDocumentsMax: Int
    /// Where the page starts, from the page before.
    public var pageToken: String?

    /// A query of a collection.
    public init(
        collection: String,
        filters: [Filter] = [],
        orderBy: String? = nil,
        descending: Bool = false,
        pageDocumentsMax: Int = DocumentLimits.pageDocumentsMax,
        pageToken: String? = nil
    ) {
        self.collection = collection
        self.filters = filters
        self.orderBy = orderBy
        self.descending = descending
        self.pageDocumentsMax = pageDocumentsMax
        self.pageToken = pageToken
    }

    /// The same query with one more condition.
    public func `where`(_ field: String, _ comparison: Comparison, _ value: DocumentValue) -> DocumentQuery {
        var query = self
        query.filters.append(Filter(field: field, comparison: comparison, value: value))
        return query
    }
}

/// One page of a query.
public struct DocumentPage: Sendable, Equatable {
    /// The documents in order.
    public var documents: [Document]
    /// Where the next page starts; nil at the end.
    public var nextPageToken: String?
    /// When the page was read, by the store's clock.
    public var readTime: Timestamp

    /// A page of its parts.
    public init(documents: [Document], nextPageToken: String?, readTime: Timestamp) {
        self.documents = documents
        self.nextPageToken = nextPageToken
        self.readTime = readTime
    }
}

extension DocumentStore {
    /// A document, nil where there is none.
    public func get(_ path: String) async throws(StoreError) -> Document? { try await read(path).document }

    /// Every document of a query, page after page, `documentsMax` at most.
    public func queryAll(
        _ query: DocumentQuery,
        documentsMax: Int = 1_000_000
    ) async throws(StoreError) -> [Document] {
        var query = query
        var documents: [Document] = []
        repeat {
            let page = try await self.query(query)
            documents += page.documents
            query.pageToken = page.nextPageToken
            guard documents.count <= documentsMax else {
                throw StoreError(.tooLarge, "\(query.collection) answers more than \(documentsMax) documents")
            }
        } while query.pageToken != nil
        return documents
    }
}

extension Document {
    /// The document's path relative to its database: `training_jobs/job-1`. Names are
    /// `projects/P/databases/D/documents/` and the path.
    public var path: String {
        var slashes = 0
        for (index, byte) in zip(name.utf8.indices, name.utf8) where byte == UInt8(ascii: "/") {
            slashes += 1
            if slashes == Self.slashesBeforePath { return String(name[name.utf8.index(after: index)...]) }
        }
        return name
    }

    private static let slashesBeforePath = 5

    /// The last part of the path.
    public var id: String {
        guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return name }
        return String(name[name.utf8.index(after: slash)...])
    }
}
