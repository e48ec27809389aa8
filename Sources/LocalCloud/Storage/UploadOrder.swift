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

/// The checksums that a client says its bytes have.
struct DeclaredHashes: Sendable {
    private var crc32c: String?
    private var md5: String?

    /// Reads `crc32c` and `md5Hash` of a resource.
    init(_ resource: JSONReader) throws(StorageError) {
        do {
            crc32c = try resource["crc32c"].optional?.string()
            md5 = try resource["md5Hash"].optional?.string()
        } catch {
            throw .invalid("\(error)")
        }
    }

    /// The hashes as members of a resource.
    var json: JSON {
        ["crc32c": crc32c.map { .string($0) } ?? .null, "md5Hash": md5.map { .string($0) } ?? .null]
    }

    /// Adds what `x-goog-hash` headers say: `crc32c=AAAAAA==,md5=…`.
    func merging(headers: HTTPHeaders) -> DeclaredHashes {
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
        return merged
    }

    /// Compares with the bytes that came.
    ///
    /// - Throws: ``StorageError`` (`invalid`) where they differ.
    func check(_ progress: UploadProgress) throws(StorageError) {
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
