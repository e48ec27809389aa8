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
        return FunctionRequest(
            headers: HTTPHeaders([
                ("content-type", "application/protobuf"),
                ("ce-specversion", "1.0"),
                ("ce-id", String(number)),
                ("ce-source", "//firestore.googleapis.com/projects/fleet/databases/(default)"),
                ("ce-type", "google.cloud.firestore.document.v1.written"),
                ("ce-subject", "documents/\(document.path)"),
                ("ce-time", document.updateTime.description),
            ]),
            body: DocumentEventData(value: short).protobuf
        )
    }

    /// An object is final: an event of Cloud Storage's.
    static func finalized(_ object: ObjectName, number: Int, at time: Timestamp) -> FunctionRequest {
        let data: JSON = ["bucket": .string(object.bucket), "name": .string(object.name)]
        return FunctionRequest(
            headers: HTTPHeaders([
                ("content-type", "application/json"),
                ("ce-specversion", "1.0"),
                ("ce-id", String(number)),
                ("ce-source", "//storage.googleapis.com/projects/_/buckets/\(object.bucket)"),
                ("ce-type", "google.cloud.storage.object.v1.finalized"),
                ("ce-subject", "objects/\(object.name)"),
                ("ce-time", time.description),
            ]),
            body: data.bytes
        )
    }

    /// A call of Cloud Scheduler's.
    static func scheduled(_ task: String) -> FunctionRequest {
        FunctionRequest(headers: ["content-type": "application/json"], body: JSON.object(["task": .string(task)]).bytes)
    }
}
