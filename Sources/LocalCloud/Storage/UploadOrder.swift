import Wire

/// What a client wants to upload, however it sends the bytes.
struct UploadOrder: Sendable {
    let bucket: String
    let name: String
    var attributes: ObjectAttributes
    let preconditions: ObjectPreconditions
    var declared: DeclaredHashes

    /// An order of its parts.
    init(
        bucket: String,
        name: String,
        attributes: ObjectAttributes,
        preconditions: ObjectPreconditions,
        declared: DeclaredHashes
    ) {
        self.bucket = bucket
        self.name = name
        self.attributes = attributes
        self.preconditions = preconditions
        self.declared = declared
    }

    /// Reads an insert request with its resource, which is empty for a plain upload.
    ///
    /// - Throws: ``StorageError`` for a name that is missing or not acceptable, and wrong members.
    init(
        bucket: String,
        resource: JSONReader,
        request: ServerRequest,
        contentType: String?
    ) throws(StorageError) {
        guard let name = request.query["name"] ?? resource.value["name"]?.stringValue else {
            throw StorageError(status: 400, reason: .required, message: "Required object name")
        }
        try ObjectName.check(name)
        var attributes = try ObjectAttributes(resource)
        if attributes.contentType == nil { attributes.contentType = contentType }
        if let encoding = request.query["contentEncoding"] {
            try attributes.merge(JSONReader(["contentEncoding": .string(encoding)]))
        }
        self.init(
            bucket: bucket,
            name: name,
            attributes: attributes,
            preconditions: try ObjectPreconditions(request.query),
            declared: try DeclaredHashes(resource).merging(headers: request.headers)
        )
    }
}

extension UploadOrder {
    /// The same order for so many bytes and no others, where the beginning of a resumable upload says how many.
    ///
    /// - Throws: ``StorageError`` (`invalid`) for a count that is none.
    func bound(to length: String?) throws(StorageError) -> UploadOrder {
        var bound = self
        if let length { try bound.declared.bind(to: length) }
        return bound
    }
}

/// The rules of objects' names (https://cloud.google.com/storage/docs/objects#naming).
enum ObjectName {
    /// Refuses what the service refuses, and NUL, which the database cannot hold.
    static func check(_ name: String) throws(StorageError) {
        let bytes = name.utf8
        guard !bytes.isEmpty, bytes.count <= LocalCloudLimits.objectNameBytesMax, name != ".", name != "..",
            !bytes.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D })
        else {
            throw .invalid(
                "an object's name is 1 to \(LocalCloudLimits.objectNameBytesMax) bytes without CR, LF and NUL"
            )
        }
    }
}

/// The checksums that a client says its bytes have, and of a resumable upload their count.
struct DeclaredHashes: Sendable {
    private var crc32c: String?
    private var md5: String?
    /// `X-Upload-Content-Length`: what the upload was begun for.
    private var size: Int64?
    private static let lengthName = "x-upload-content-length"

    /// Reads `crc32c` and `md5Hash` of a resource, and what was stored beside them.
    init(_ resource: JSONReader) throws(StorageError) {
        do {
            crc32c = try resource["crc32c"].optional?.string()
            md5 = try resource["md5Hash"].optional?.string()
            size = try resource[Self.lengthName].optional.flatMap { Int64(try $0.string()) }
        } catch {
            throw .invalid("\(error)")
        }
    }

    /// The hashes as members of a resource.
    var json: JSON {
        [
            "crc32c": crc32c.map { .string($0) } ?? .null,
            "md5Hash": md5.map { .string($0) } ?? .null,
            Self.lengthName: size.map { .string(String($0)) } ?? .null,
        ]
    }

    /// Binds an upload to the count of bytes that its beginning announces.
    ///
    /// - Throws: ``StorageError`` (`invalid`) for a count that is none.
    mutating func bind(to length: String) throws(StorageError) {
        guard let size = Int64(length), size >= 0 else {
            throw .invalid("Invalid X-Upload-Content-Length: \(length)")
        }
        self.size = size
    }

    /// Refuses bytes beyond the count that was announced, before they are kept.
    func check(end: Int64) throws(StorageError) {
        if let size, end > size { throw Self.wrongSize(size, found: end) }
    }

    private static func wrongSize(_ size: Int64, found: Int64) -> StorageError {
        .invalid("the upload was begun for \(size) bytes, not for \(found)")
    }

    /// Adds what `x-goog-hash` headers say: `crc32c=AAAAAA==,md5=…`. What was declared before stays: whoever sends
    /// the bytes must not be able to change what they were announced as.
    ///
    /// - Throws: ``StorageError`` (`invalid`) where the two differ.
    func merging(headers: HTTPHeaders) throws(StorageError) -> DeclaredHashes {
        var merged = self
        for header in headers where header.name.lowercased() == "x-goog-hash" {
            for item in header.value.split(separator: ",") {
                let parts = item.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                switch parts[0].drop(while: { $0 == " " }) {
                case "crc32c": merged.crc32c = String(parts[1])
                case "md5": merged.md5 = String(parts[1])
                default: continue
                }
            }
        }
        guard crc32c == nil || merged.crc32c == crc32c, md5 == nil || merged.md5 == md5 else {
            throw .invalid("x-goog-hash differs from what the upload was begun for")
        }
        return merged
    }

    /// Compares with the bytes that came.
    ///
    /// - Throws: ``StorageError`` (`invalid`) where they differ, or are more or fewer.
    func check(_ progress: UploadProgress) throws(StorageError) {
        if let size, size != progress.size { throw Self.wrongSize(size, found: progress.size) }
        let calculated = progress.crc32c.base64
        if let crc32c, crc32c != calculated {
            throw .invalid("Provided CRC32C \"\(crc32c)\" doesn't match calculated CRC32C \"\(calculated)\".")
        }
        guard let md5 else { return }
        let digest = Base64.encode(progress.md5.digest)
        if md5 != digest {
            throw .invalid("Provided MD5 hash \"\(md5)\" doesn't match calculated MD5 hash \"\(digest)\".")
        }
    }
}
