import SignalboxCore
import Wire

/// Virtual machines of Compute Engine through its REST API
/// (https://cloud.google.com/compute/docs/reference/rest/v1/instances).
public struct ComputeEngine: Sendable {
    /// Where Compute Engine is.
    public static let standardEndpoint = "https://compute.googleapis.com"
    /// Elements of a page of a list.
    static let pageElements: Int64 = 500
    /// Pages that a list reads.
    static let pagesMax = 50

    private let project: String
    private let endpoint: String
    private let client: ServiceClient

    /// Compute Engine of a project.
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

    /// The name of a machine of the project; nil where a part of it is no id.
    public func instanceName(_ id: String, in zone: String) -> ResourceName? {
        Instance.resourceName("projects/\(project)/zones/\(zone)/instances/\(id)")
    }

    /// Orders a machine. Whether it comes to be is told by the operation.
    ///
    /// - Parameter requestID: a UUID; a second order with the same is the first one's repetition.
    /// - Throws: ``APIError``; `already_exists` also where an attempt before the last has ordered it.
    public func insert(
        _ spec: InstanceSpec,
        as name: ResourceName,
        requestID: String
    ) async throws(APIError) -> ComputeOperation {
        var query = Query()
        query.add("requestId", requestID)
        let url = "\(zoneURL(name))/instances\(query.text)"
        return try await operation(.json("POST", url, spec.json(as: name)), subject: "\(name)")
    }

    /// A machine, nil where there is none.
    public func instance(_ name: ResourceName) async throws(APIError) -> Instance? {
        try await APIError.absent { () throws(APIError) in
            try await client.api(HTTPRequest(url: url(name)), .idempotent, subject: "\(name)") {
                answer throws(JSONTypeError) in try Instance(answer)
            }
        }
    }

    /// Deletes a machine and the disks that go with it; its system is asked to shut down before.
    public func delete(_ name: ResourceName) async throws(APIError) {
        _ = try await operation(HTTPRequest(method: "DELETE", url: url(name)), subject: "\(name)")
    }

    /// The machines of all zones that carry a label.
    public func instances(label: String, value: String) async throws(APIError) -> [Instance] {
        var query = Query()
        query.add("filter", "labels.\(label)=\"\(value)\"")
        query.add("maxResults", Self.pageElements)
        let url = "\(projectURL)/aggregated/instances"
        return try await client.pages(url, query, pagesMax: Self.pagesMax, subject: "machines of \(project)") {
            answer throws(JSONTypeError) in
            var instances: [Instance] = []
            for (_, zone) in try answer["items"].optional?.members() ?? [] {
                instances += try zone["instances"].elements { instance throws(JSONTypeError) in try Instance(instance) }
            }
            return instances
        }
    }

    /// How an operation is.
    ///
    /// - Parameter name: of the machine that the operation is about.
    public func operation(_ id: String, on name: ResourceName) async throws(APIError) -> ComputeOperation {
        let url = "\(zoneURL(name))/operations/\(PercentEncoding.encode(id))"
        return try await operation(HTTPRequest(url: url), subject: "operation \(id)")
    }

    /// What was done to a machine, also after it is gone; Compute Engine remembers some weeks.
    public func operations(on name: ResourceName) async throws(APIError) -> [ComputeOperation] {
        var query = Query()
        query.add("filter", "targetLink=\"https://www.googleapis.com/compute/v1/\(name)\"")
        query.add("maxResults", Self.pageElements)
        let url = "\(zoneURL(name))/operations"
        let operations = try await client.pages(
            url,
            query,
            pagesMax: Self.pagesMax,
            subject: "operations on \(name)"
        ) { answer throws(JSONTypeError) in
            try answer["items"].elements { operation throws(JSONTypeError) in try ComputeOperation(operation) }
        }
        return operations.filter { $0.target.hasSuffix("/\(name)") }
    }

    private var projectURL: String {
        "\(endpoint)/compute/v1/projects/\(PercentEncoding.encode(project, keeping: ":"))"
    }

    private func zoneURL(_ name: ResourceName) -> String {
        "\(endpoint)/compute/v1/projects/\(name["projects"])/zones/\(name["zones"])"
    }

    private func url(_ name: ResourceName) -> String { "\(endpoint)/compute/v1/\(name)" }

    private func operation(_ request: HTTPRequest, subject: String) async throws(APIError) -> ComputeOperation {
        try await client.api(request, .idempotent, subject: subject) { answer throws(JSONTypeError) in
            try ComputeOperation(answer)
        }
    }
}
