import SignalboxCore
import Wire

/// Jobs of Cloud Run through its REST API
/// (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs).
public struct CloudRun: Sendable {
    /// Where Cloud Run is.
    public static let standardEndpoint = "https://run.googleapis.com"
    /// Jobs of a page of a list.
    static let pageJobs: Int64 = 100
    /// Pages that a list reads.
    static let pagesMax = 50

    private let project: String
    private let endpoint: String
    private let client: ServiceClient

    /// Cloud Run of a project.
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

    /// The name of a job of the project; nil where a part of it is no id.
    public func jobName(_ id: String, in region: String) -> ResourceName? {
        CloudRunJob.resourceName("projects/\(project)/locations/\(region)/jobs/\(id)")
    }

    /// Creates a job, and with it its one execution.
    ///
    /// - Throws: ``APIError``; `already_exists` also where an attempt before the last has created it.
    public func create(_ spec: CloudRunJobSpec, as name: ResourceName) async throws(APIError) {
        var query = Query()
        query.add("jobId", name["jobs"])
        let request = HTTPRequest.json("POST", jobsURL(name["locations"]) + query.text, spec.json)
        try await operate(request, subject: "\(name)")
    }

    /// A job, nil where there is none.
    public func job(_ name: ResourceName) async throws(APIError) -> CloudRunJob? {
        try await resource("\(name)") { answer throws(JSONTypeError) in try CloudRunJob(answer) }
    }

    /// An execution, nil where there is none.
    public func execution(_ name: ResourceName) async throws(APIError) -> CloudRunExecution? {
        try await resource("\(name)") { answer throws(JSONTypeError) in try CloudRunExecution(answer) }
    }

    /// The tasks of an execution.
    public func tasks(of execution: ResourceName) async throws(APIError) -> [CloudRunTask] {
        let url = "\(endpoint)/v2/\(execution)/tasks"
        return try await client.pages(url, Query(), pagesMax: Self.pagesMax, subject: "tasks of \(execution)") {
            answer throws(JSONTypeError) in
            try answer["tasks"].elements { task throws(JSONTypeError) in try CloudRunTask(task) }
        }
    }

    /// All jobs of a region, whoever made them.
    public func jobs(in region: String) async throws(APIError) -> [CloudRunJob] {
        var query = Query()
        query.add("pageSize", Self.pageJobs)
        return try await client.pages(
            jobsURL(region),
            query,
            pagesMax: Self.pagesMax,
            subject: "jobs in \(region)"
        ) { answer throws(JSONTypeError) in
            try answer["jobs"].elements { job throws(JSONTypeError) in try CloudRunJob(job) }
        }
    }

    /// Asks for the end of an execution: its container gets a SIGTERM, and ten seconds later a SIGKILL.
    public func cancel(_ execution: ResourceName) async throws(APIError) {
        try await operate(.json("POST", "\(endpoint)/v2/\(execution):cancel", [:]), subject: "\(execution)")
    }

    /// Deletes a job and its executions, running ones too.
    public func delete(_ name: ResourceName) async throws(APIError) {
        try await operate(HTTPRequest(method: "DELETE", url: "\(endpoint)/v2/\(name)"), subject: "\(name)")
    }

    private func jobsURL(_ region: String) -> String {
        let path = "projects/\(project)/locations/\(region)/jobs"
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
