public import Wire

/// What a function is called with.
public enum IncomingEvent: Sendable, Equatable {
    /// An event of Cloud Storage, Firestore or another source, by Eventarc or LocalCloud.
    case cloudEvent(CloudEvent)
    /// A call of Cloud Scheduler: the JSON object in the body.
    case scheduled(JSON)

    /// Reads a request: structured mode by its content type, binary mode by its `ce-` fields, else a JSON object.
    ///
    /// A browser sends some requests for any web page without asking the receiver first
    /// (https://fetch.spec.whatwg.org/#cors-safelisted-method); none of these is taken.
    public init(_ request: FunctionRequest) throws(EventError) {
        guard request.method == "POST" else {
            throw EventError(.methodNotAllowed, "\(request.method) is not POST")
        }
        let origins = request.headers.filter { $0.name.lowercased() == "origin" }.map(\.value)
        guard origins.allSatisfy({ Loopback.isLoopback(origin: $0) }) else {
            throw EventError(.originRefused, "a web page at \(origins.joined(separator: ", ")) sent it")
        }
        let type = MediaType(request.headers["content-type"] ?? "")
        if type.essence == "application/cloudevents+json" {
            self = .cloudEvent(try CloudEvent(structured: request.body))
        } else if type.essence.hasPrefix("application/cloudevents") {
            throw EventError(.batchUnsupported, "\(type.essence) is not supported: send one event a request")
        } else if request.headers.contains(where: { $0.name.lowercased().hasPrefix("ce-") }) {
            self = .cloudEvent(try CloudEvent(headers: request.headers, body: request.body))
        } else {
            try Self.checkScheduled(type, isFromPage: !origins.isEmpty)
            self = .scheduled(try Self.object(request.body))
        }
    }

    /// Cloud Scheduler says `application/octet-stream` where its job names no content type
    /// (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget); people who call
    /// by hand may say none. Text and forms are what a browser sends for any page.
    private static func checkScheduled(_ type: MediaType, isFromPage: Bool) throws(EventError) {
        guard type.isJSON || type.essence == "application/octet-stream", !(type.essence.isEmpty && isFromPage) else {
            let given = type.essence.isEmpty ? "no content type" : type.essence
            throw EventError(.contentTypeUnsupported, "\(given) is not taken: send application/json")
        }
    }

    /// The event's id, where it has one.
    package var id: String? {
        guard case .cloudEvent(let event) = self else { return nil }
        return event.id
    }

    /// The event's type.
    package var type: String {
        guard case .cloudEvent(let event) = self else { return "scheduled" }
        return event.type
    }

    private static func object(_ body: [UInt8]) throws(EventError) -> JSON {
        let json: JSON
        do { json = try JSON(parsing: body) } catch {
            throw EventError(.bodyMalformed, "neither a CloudEvent nor a JSON object: \(error)")
        }
        guard case .object = json else {
            throw EventError(.bodyMalformed, "the body is \(json.kind), wanted a JSON object")
        }
        return json
    }
}
