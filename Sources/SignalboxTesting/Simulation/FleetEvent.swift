import CloudEvents
import SignalboxCore
import Wire

/// What calls the functions, in the form in which the platform sends it.
enum FleetEvent {
    /// A job's document was written: an event of Firestore's.
    static func written(_ document: Document, number: Int) -> FunctionRequest {
        // A function reads the document itself, by its name: one field stands for all that the event says of it.
        var short = document
        short.fields = document.fields.filter { $0.key == "status" }
        return event(
            "google.cloud.firestore.document.v1.written",
            of: "documents/\(document.path)",
            from: "//firestore.googleapis.com/projects/fleet/databases/(default)",
            number: number,
            at: document.updateTime,
            contentType: "application/protobuf",
            DocumentEventData(value: short).protobuf
        )
    }

    /// An object is final: an event of Cloud Storage's.
    static func finalized(_ object: ObjectName, number: Int, at time: Timestamp) -> FunctionRequest {
        let data: JSON = ["bucket": .string(object.bucket), "name": .string(object.name)]
        return event(
            "google.cloud.storage.object.v1.finalized",
            of: "objects/\(object.name)",
            from: "//storage.googleapis.com/projects/_/buckets/\(object.bucket)",
            number: number,
            at: time,
            contentType: "application/json",
            data.bytes
        )
    }

    /// A CloudEvent in HTTP's binary content mode (CloudEvents' HTTP protocol binding 1.0.2, section 3.1).
    private static func event(
        _ type: String,
        of subject: String,
        from source: String,
        number: Int,
        at time: Timestamp,
        contentType: String,
        _ body: [UInt8]
    ) -> FunctionRequest {
        FunctionRequest(
            headers: HTTPHeaders([
                ("content-type", contentType),
                ("ce-specversion", "1.0"),
                ("ce-id", String(number)),
                ("ce-source", source),
                ("ce-type", type),
                ("ce-subject", subject),
                ("ce-time", time.description),
            ]),
            body: body
        )
    }

    /// A call of Cloud Scheduler's.
    static func scheduled(_ task: String) -> FunctionRequest {
        FunctionRequest(headers: ["content-type": "application/json"], body: JSON.object(["task": .string(task)]).bytes)
    }
}
