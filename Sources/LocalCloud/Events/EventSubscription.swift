/// Who is told of what: events that match are sent to a URL.
public struct EventSubscription: Sendable, Equatable {
    /// The kinds of Cloud Storage events (`google.cloud.storage.object.v1.…`).
    public enum ObjectEvent: String, Sendable, CaseIterable {
        /// An object has new bytes.
        case finalized
        /// An object was deleted; being replaced is no deletion here.
        case deleted
        /// An object's attributes were changed.
        case metadataUpdated
    }

    /// The kinds of Firestore events (`google.cloud.firestore.document.v1.…`).
    public enum DocumentEvent: String, Sendable, CaseIterable {
        /// A document was created, updated or deleted.
        case written
        /// A document was created.
        case created
        /// A document was updated.
        case updated
        /// A document was deleted.
        case deleted
    }

    /// What is matched.
    public enum Filter: Sendable, Equatable {
        /// Events of a bucket's objects.
        case objects(bucket: String, ObjectEvent)
        /// Events of documents whose path matches: `training_jobs/{job}`, a name in braces for any one segment,
        /// `{rest=**}` at the end for any number of them.
        case documents(pattern: String, DocumentEvent)
    }

    /// The name under which events wait; the same over restarts, unique.
    public var name: String
    /// What is matched.
    public var filter: Filter
    /// Where events are sent; while nil, they wait.
    public var url: String?
    /// How many events may be under way at a time.
    public var concurrencyMax: Int
    /// How long one delivery may take.
    public var timeoutSeconds: Int

    /// A subscription.
    public init(
        name: String,
        filter: Filter,
        url: String? = nil,
        concurrencyMax: Int = 4,
        timeoutSeconds: Int = 600
    ) {
        self.name = name
        self.filter = filter
        self.url = url
        self.concurrencyMax = concurrencyMax
        self.timeoutSeconds = timeoutSeconds
    }
}
