import Wire

/// An event in CloudEvents' binary mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md).
struct CloudEvent: Sendable {
    /// What happened to what; a subscription's filter is matched against it.
    enum Subject: Sendable {
        case object(EventSubscription.ObjectEvent, bucket: String)
        case document(EventSubscription.DocumentEvent, path: [String])
    }

    let id: String
    let subject: Subject
    let headers: HTTPHeaders
    let body: [UInt8]

    /// An event of an object, as Eventarc sends it.
    static func object(
        _ kind: EventSubscription.ObjectEvent,
        _ object: ObjectRecord,
        baseURL: String,
        at time: Timestamp
    ) -> CloudEvent {
        let id = identifier([
            "object", object.bucket, object.name, String(object.generation), String(object.metageneration),
            kind.rawValue,
        ])
        return CloudEvent(
            id: id,
            subject: .object(kind, bucket: object.bucket),
            headers: HTTPHeaders([
                ("content-type", "application/json"),
                ("ce-specversion", "1.0"),
                ("ce-id", id),
                ("ce-source", "//storage.googleapis.com/projects/_/buckets/\(object.bucket)"),
                ("ce-type", "google.cloud.storage.object.v1.\(kind.rawValue)"),
                ("ce-subject", encode("objects/\(object.name)")),
                ("ce-time", time.description),
                ("ce-bucket", object.bucket),
            ]),
            body: object.resource(baseURL: baseURL).bytes
        )
    }

    /// An event of a document, as Eventarc sends it.
    static func document(
        _ kind: EventSubscription.DocumentEvent,
        _ path: DocumentPath,
        _ data: DocumentEventData,
        location: String,
        at time: Timestamp
    ) -> CloudEvent {
        let id = identifier(["document", path.name, time.description, kind.rawValue])
        let document = path.segments.joined(separator: "/")
        return CloudEvent(
            id: id,
            subject: .document(kind, path: path.segments),
            headers: HTTPHeaders([
                ("ce-specversion", "1.0"),
                ("ce-type", "google.cloud.firestore.document.v1.\(kind.rawValue)"),
                ("ce-source", "//firestore.googleapis.com/\(encode(path.root))"),
                ("ce-id", id),
                ("ce-subject", encode("documents/\(document)")),
                ("ce-time", time.description),
                ("ce-datacontenttype", "application/protobuf"),
                ("ce-dataschema", Self.documentSchema),
                ("ce-location", location),
                ("ce-project", encode(path.project)),
                ("ce-database", encode(path.database)),
                ("ce-namespace", "(default)"),
                ("ce-document", encode(document)),
                ("content-type", "application/protobuf"),
            ]),
            body: data.protobuf
        )
    }

    private static let documentSchema =
        "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto"

    /// A UUID that follows from what happened, so that one change has one id whatever becomes of the process.
    private static func identifier(_ parts: [String]) -> String {
        var bytes = Array(SHA256.digest(of: parts.joined(separator: "\n")).bytes.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Array(Hex.encode(bytes))
        return [hex[0..<8], hex[8..<12], hex[12..<16], hex[16..<20], hex[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }

    /// An attribute as a header's value: what is not printable ASCII, and space, quote and percent sign, as `%XX`.
    private static func encode(_ text: String) -> String {
        PercentEncoding.encode(text, keeping: "!#$&'()*+,/:;<=>?@[\\]^`{|}")
    }
}
