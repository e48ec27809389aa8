/// The limits of the local cloud; where Google's services have one, it is theirs.
public enum LocalCloudLimits {
    /// Bytes of a JSON request body: Firestore takes 10 MiB, which base64 and names may triple.
    public static let jsonBodyBytesMax = 32 << 20
    /// Bytes of the JSON part of a multipart upload.
    public static let multipartMetadataBytesMax = 1 << 20
    /// Bytes of one object (https://cloud.google.com/storage/quotas#objects).
    public static let objectBytesMax: Int64 = 5 << 40
    /// Bytes of an object's name in UTF-8.
    public static let objectNameBytesMax = 1024
    /// Bytes of an object's own metadata, names and values together.
    public static let customMetadataBytesMax = 8 << 10
    /// What a resumable upload keeps is a multiple of so many bytes.
    public static let uploadGranuleBytes: Int64 = 256 << 10
    /// A resumable upload's progress is made durable each time so many bytes have come.
    public static let uploadCheckpointBytes: Int64 = 64 << 20
    /// How long a resumable upload may be resumed: a week.
    public static let uploadSeconds: Int64 = 7 * 24 * 3600
    /// Bytes read from a file at a time while it is sent.
    public static let downloadChunkBytes = 256 << 10
    /// Source objects of one compose request.
    public static let composeSourcesMax = 32
    /// Results of one page of a list.
    public static let pageResultsMax = 1000
    /// Bytes of one document (https://cloud.google.com/firestore/quotas).
    public static let documentBytesMax = 1 << 20
    /// Levels of maps and arrays in a document.
    public static let documentDepthMax = 20
    /// Writes of one commit.
    public static let commitWritesMax = 500
    /// Bytes of a collection or document id.
    public static let documentIDBytesMax = 1500
    /// Documents that one query may read; more is refused, not cut.
    public static let queryDocumentsMax = 100_000
    /// Values in the disjunction of a query.
    public static let queryDisjunctionsMax = 30
    /// Documents of one batch read.
    public static let batchGetDocumentsMax = 1000
    /// Transactions open at a time.
    public static let transactionsMax = 1000
    /// How long a transaction may stay open.
    public static let transactionSeconds: Int64 = 270
    /// Bytes of an event receiver's answer that are read.
    public static let eventAnswerBytesMax = 64 << 10
    /// How long running requests may take to finish when the cloud stops.
    public static let shutdownSeconds: Int64 = 10
}
