public import Wire

/// What a function is called with.
public enum IncomingEvent: Sendable, Equatable {
    /// An event of Cloud Storage, Firestore or another source, by Eventarc or LocalCloud.
    case cloudEvent(CloudEvent)
    /// A call of Cloud Scheduler: the JSON object in the body.
    case scheduled(JSON)

    /// Reads a request: structured mode by its content type, binary mode by its `ce-` fields, else a JSON object.
    public init(_ request: FunctionRequest) throws(EventError) {
        guard request.method == "POST" else {
            throw EventError(.methodNotAllowed, "\(request.method) is not POST")
        }
        let type = MediaType(request.headers["content-type"] ?? "")
        if type.essence == "application/cloudevents+json" {
            self = .cloudEvent(try CloudEvent(structured: request.body))
        } else if type.essence.hasPrefix("application/cloudevents") {
            throw EventError(.batchUnsupported, "\(type.essence) is not supported: send one event a request")
        } else if request.headers.contains(where: { $0.name.lowercased().hasPrefix("ce-") }) {
            self = .cloudEvent(try CloudEvent(headers: request.headers, body: request.body))
        } else {
            self = .scheduled(try Self.object(request.body))
        }
    }

    /// The event's id, where it has one.
    var id: String? {
        guard case .cloudEvent(let event) = self else { return nil }
        return event.id
    }

    /// The event's type.
    var type: String {
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
