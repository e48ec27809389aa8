public import Wire

/// An event (CloudEvents 1.0.2, https://github.com/cloudevents/spec).
public struct CloudEvent: Sendable, Equatable {
    /// Unique among the events of its source: the same id again is the same event delivered again.
    public var id: String
    /// Where it happened: `//storage.googleapis.com/projects/_/buckets/…`.
    public var source: String
    /// What happened: `google.cloud.storage.object.v1.finalized`.
    public var type: String
    /// To what: `objects/…`, `documents/…`.
    public var subject: String?
    /// When.
    public var time: Timestamp?
    /// The media type of the data.
    public var dataContentType: String?
    /// All other attributes: `bucket`, `document`, `dataschema` …
    public var extensions: [String: String]
    /// The data's bytes; empty where there is none.
    public var data: [UInt8]

    /// An event of its parts.
    public init(
        id: String,
        source: String,
        type: String,
        subject: String? = nil,
        time: Timestamp? = nil,
        dataContentType: String? = nil,
        extensions: [String: String] = [:],
        data: [UInt8] = []
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.dataContentType = dataContentType
        self.extensions = extensions
        self.data = data
    }

    /// The data as JSON.
    public func json() throws(EventError) -> JSON {
        let type = MediaType(dataContentType ?? "")
        guard type.isJSON else { throw EventError(.contentTypeUnsupported, "the data is \(type.essence), not JSON") }
        guard !data.isEmpty else { throw EventError(.dataMissing, "the event has no data") }
        do { return try JSON(parsing: data) } catch {
            throw EventError(.bodyMalformed, "the data is not JSON: \(error)")
        }
    }

    /// The data of a Firestore event, as protobuf or as JSON.
    public func documentData() throws(EventError) -> DocumentEventData {
        guard MediaType(dataContentType ?? "").isProtobuf else {
            do { return try DocumentEventData(JSONReader(try json())) } catch let error as EventError {
                throw error
            } catch {
                throw EventError(.bodyMalformed, "the data is no document event: \(error)")
            }
        }
        guard !data.isEmpty else { throw EventError(.dataMissing, "the event has no data") }
        do { return try DocumentEventData(protobuf: Self.message(data)) } catch {
            throw EventError(.bodyMalformed, "the data is no document event: \(error)")
        }
    }

    /// Google's Firestore emulator sends the message in base64; no message starts with a byte of that alphabet, as the
    /// tags of its fields are 0x0A, 0x12 and 0x1A.
    private static func message(_ data: [UInt8]) -> [UInt8] {
        guard let first = data.first, first >= 0x2B else { return data }
        return Base64.decode(String(decoding: data, as: UTF8.self)) ?? data
    }
}
