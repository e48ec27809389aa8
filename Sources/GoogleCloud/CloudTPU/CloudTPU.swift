import SignalboxCore
import Wire

/// Queued resources of Cloud TPU through its REST API
/// (https://cloud.google.com/tpu/docs/reference/rest/v2/projects.locations.queuedResources).
public struct CloudTPU: Sendable {
    /// Where Cloud TPU is.
    public static let standardEndpoint = "https://tpu.googleapis.com"
    /// Resources of a page of a list.
    static let pageResources: Int64 = 100
    /// Pages that a list reads.
    static let pagesMax = 50

    private let project: String
    private let endpoint: String
    private let client: ServiceClient

    /// Cloud TPU of a project.
    public init(
        project: String,
        endpoint: String = standardEndpoint,
        credentials: any Credentials,
        context: ServiceContext
    ) {
        self.project = project
        self.endpoint = endpoint
        client = ServiceClient(context: context, tokens: TokenSource(credentials, clock: context.clock))
    }

    /// The name of a queued resource of the project; nil where a part of it is no id.
    public func resourceName(_ id: String, in zone: String) -> ResourceName? {
        QueuedResource.resourceName("projects/\(project)/locations/\(zone)/queuedResources/\(id)")
    }

    /// Queues an order. What becomes of it is told by the queued resource.
    ///
    /// - Parameter requestID: a UUID; a second order with the same is the first one's repetition.
    /// - Throws: ``APIError``; `already_exists` also where an attempt before the last has queued it.
    public func create(
        _ spec: QueuedResourceSpec,
        as name: ResourceName,
        requestID: String
    ) async throws(APIError) {
        var query = Query()
        query.add("queuedResourceId", name["queuedResources"])
        query.add("requestId", requestID)
        let request = HTTPRequest.json("POST", listURL(name["locations"]) + query.text, spec.json(as: name))
        try await operate(request, subject: "\(name)")
    }

    /// A queued resource, nil where there is none.
    public func queuedResource(_ name: ResourceName) async throws(APIError) -> QueuedResource? {
        try await resource("\(name)") { answer throws(JSONTypeError) in try QueuedResource(answer) }
    }

    /// A node, nil where there is none.
    public func node(_ name: ResourceName) async throws(APIError) -> TPUNode? {
        try await resource("\(name)") { answer throws(JSONTypeError) in try TPUNode(answer) }
    }

    /// All queued resources of a zone, whoever made them.
    public func queuedResources(in zone: String) async throws(APIError) -> [QueuedResource] {
        var query = Query()
        query.add("pageSize", Self.pageResources)
        return try await client.pages(
            listURL(zone),
            query,
            pagesMax: Self.pagesMax,
            subject: "queued resources in \(zone)"
        ) { answer throws(JSONTypeError) in
            try answer["queuedResources"].elements { resource throws(JSONTypeError) in try QueuedResource(resource) }
        }
    }

    /// Deletes a queued resource and its nodes; their systems are asked to shut down before.
    public func delete(_ name: ResourceName) async throws(APIError) {
        var query = Query()
        query.add("force", "true")
        let url = "\(endpoint)/v2/\(name)\(query.text)"
        try await operate(HTTPRequest(method: "DELETE", url: url), subject: "\(name)")
    }

    private func listURL(_ zone: String) -> String {
        let path = "projects/\(project)/locations/\(zone)/queuedResources"
        return "\(endpoint)/v2/\(PercentEncoding.encode(path, keeping: "/:"))"
    }

    private func resource<Value: Sendable>(
        _ name: String,
        read: (JSONReader) throws(JSONTypeError) -> Value
    ) async throws(APIError) -> Value? {
        try await APIError.absent { () throws(APIError) in
            let request = HTTPRequest(url: "\(endpoint)/v2/\(name)")
            return try await client.api(request, .idempotent, subject: name, read: read)
        }
    }

    /// A call that starts an operation (https://google.aip.dev/151), whose end is seen by what it changes.
    private func operate(_ request: HTTPRequest, subject: String) async throws(APIError) {
        let error = try await client.api(request, .idempotent, subject: subject) { answer throws(JSONTypeError) in
            try answer["error"].optional.map { status throws(JSONTypeError) in try RPCStatus(status) }
        }
        if let error { throw APIError(error, of: subject) }
    }
}
