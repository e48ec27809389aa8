public import Wire

/// The receipts that lie in the stores: beside the packages in staging, under `rejections/`, and, where retention has
/// removed those, what the packages' documents say without a signature.
public struct ReceiptBook: Sendable {
    /// Objects of a bucket that are looked through.
    public static let objectsMax = 1_000_000
    /// Receipts of one answer.
    public static let receiptsMax = 10_000
    /// Pages of documents that are looked through.
    public static let pagesMax = 100

    /// One answer to an upload.
    public struct Entry: Sendable, Equatable {
        /// The receipt; of a document, what it says of one.
        public let receipt: Receipt
        /// Where it was found: an object's URI, or a document's path.
        public let place: String
        /// Whether the intake's key signed it. A document is never signed.
        public let isVerified: Bool
        /// Why it was not verified.
        public let problem: String?
    }

    /// Which receipts are wanted.
    public struct Filter: Sendable {
        /// Of this robot; nil: of all.
        public var robotID: String?
        /// Of this status; nil: of all.
        public var status: Receipt.Status?

        /// A filter of its parts.
        public init(robotID: String? = nil, status: Receipt.Status? = nil) {
            self.robotID = robotID
            self.status = status
        }

        func takes(_ receipt: Receipt) -> Bool {
            (robotID ?? receipt.robotID) == receipt.robotID && (status ?? receipt.status) == receipt.status
        }
    }

    private let objects: any ObjectStore
    private let documents: any DocumentStore
    private let layout: BucketLayout
    private let key: Ed25519PublicKey

    /// A book over the stores; receipts are verified with the intake's public key.
    public init(
        objects: any ObjectStore,
        documents: any DocumentStore,
        layout: BucketLayout,
        key: Ed25519PublicKey
    ) {
        self.objects = objects
        self.documents = documents
        self.layout = layout
        self.key = key
    }

    /// The newest receipts first.
    ///
    /// - Throws: ``StoreError``.
    public func entries(_ filter: Filter = Filter(), limit: Int) async throws(StoreError) -> [Entry] {
        var entries: [Identity: Entry] = [:]
        for object in try await candidates(filter) where entries.count < min(limit, Self.receiptsMax) {
            guard let entry = try await entry(object), filter.takes(entry.receipt) else { continue }
            let identity = Identity(entry.receipt)
            // A refusal lies in two places: a copy that verifies says more than one that does not.
            if entries[identity].map({ !$0.isVerified }) ?? true { entries[identity] = entry }
        }
        for entry in try await recorded(filter, limit: limit) {
            let identity = Identity(entry.receipt)
            if entries[identity] == nil { entries[identity] = entry }
        }
        return Array(entries.values.sorted(by: Self.isNewer).prefix(limit))
    }

    /// Which upload a receipt speaks of, and how.
    private struct Identity: Hashable {
        let packageID: String
        let generations: [Int64]
        let status: Receipt.Status

        init(_ receipt: Receipt) {
            packageID = receipt.packageID
            generations = [receipt.archiveGeneration, receipt.manifestGeneration]
            status = receipt.status
        }
    }

    private static func isNewer(_ left: Entry, _ right: Entry) -> Bool {
        guard left.receipt.decidedAt == right.receipt.decidedAt else {
            return left.receipt.decidedAt > right.receipt.decidedAt
        }
        return left.place < right.place
    }

    /// The objects that should be receipts, the newest first.
    private func candidates(_ filter: Filter) async throws(StoreError) -> [ObjectMetadata] {
        let staged = try await objects.listAll(
            bucket: layout.stagingBucket,
            prefix: filter.robotID.map { "\($0)/" } ?? "",
            objectsMax: Self.objectsMax
        ).filter { PackageLocation(around: $0.name)?.receipt == $0.name }
        var refused: [ObjectMetadata] = []
        if filter.status != .accepted {
            refused = try await objects.listAll(
                bucket: layout.trainingBucket,
                prefix: layout.rejections,
                objectsMax: Self.objectsMax
            )
        }
        return (staged + refused).sorted { ($0.created, $1.name.uri) > ($1.created, $0.name.uri) }
    }

    /// An object as a receipt; nil where it is gone, or where not even its form is a receipt's.
    private func entry(_ object: ObjectMetadata) async throws(StoreError) -> Entry? {
        let bytes: [UInt8]
        do {
            bytes = try await objects.bytes(
                of: object.name,
                generation: object.generation,
                bytesMax: Receipt.envelopeBytesMax
            ).bytes
        } catch {
            guard error.code == .notFound || error.code == .tooLarge else { throw error }
            return nil
        }
        do throws(Refusal) {
            let receipt = try Receipt(verifying: bytes, key: key)
            if let problem = misplaced(receipt, object.name) {
                return Entry(receipt: receipt, place: object.name.uri, isVerified: false, problem: problem)
            }
            return Entry(receipt: receipt, place: object.name.uri, isVerified: true, problem: nil)
        } catch {
            // Whoever wrote it: no more of it is shown than has the form of what belongs there.
            guard let receipt = try? Receipt(unverified: bytes), Slug.isWellFormed(receipt.robotID),
                PackageID.isWellFormed(receipt.packageID)
            else { return nil }
            return Entry(receipt: receipt, place: object.name.uri, isVerified: false, problem: error.description)
        }
    }

    /// A genuine receipt proves nothing of a package beside which somebody else laid it.
    private func misplaced(_ receipt: Receipt, _ object: ObjectName) -> String? {
        let place = PackageLocation(
            bucket: layout.stagingBucket,
            robotID: receipt.robotID,
            packageID: receipt.packageID
        )
        let rejection = layout.rejection(
            packageID: receipt.packageID,
            archiveGeneration: receipt.archiveGeneration,
            manifestGeneration: receipt.manifestGeneration
        )
        return object == place.receipt || object == rejection ? nil : "it is the receipt of another package"
    }

    /// What the packages' documents say, the newest first.
    private func recorded(_ filter: Filter, limit: Int) async throws(StoreError) -> [Entry] {
        var query = DocumentQuery(collection: PackageRecord.collection, orderBy: "decided_at", descending: true)
        var entries: [Entry] = []
        for _ in 0..<Self.pagesMax {
            let page = try await documents.query(query)
            for document in page.documents {
                guard let receipt = PackageRecord.receipt(document), filter.takes(receipt) else { continue }
                let problem = "there is no signed receipt any more: this is the package's document"
                entries.append(Entry(receipt: receipt, place: document.path, isVerified: false, problem: problem))
            }
            guard let token = page.nextPageToken, entries.count < limit else { break }
            query.pageToken = token
        }
        return entries
    }
}
