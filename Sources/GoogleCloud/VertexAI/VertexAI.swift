import Wire

/// Custom training jobs of Vertex AI through its REST API
/// (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs).
public struct VertexAI: Sendable {
    /// Jobs of a page of a list.
    static let pageJobs: Int64 = 100
    /// Pages that a list reads.
    static let pagesMax = 50

    private let project: String
    private let endpoint: String?
    private let client: ServiceClient

    /// Vertex AI of a project.
    ///
    /// - Parameter endpoint: where it is in place of each region's own address.
    public init(
        project: String,
        endpoint: String? = nil,
        credentials: any Credentials,
        context: ServiceContext
    ) {
        self.project = project
        self.endpoint = endpoint
        client = ServiceClient(context: context, tokens: TokenSource(credentials, clock: context.clock))
    }

    /// Creates a job, which is queued at once. Not repeated where it is not known whether it was created.
    public func create(_ spec: CustomJobSpec, in region: String) async throws(APIError) -> CustomJob {
        let request = HTTPRequest.json("POST", jobsURL(region), spec.json)
        return try await client.api(request, .once, subject: spec.displayName) { answer throws(JSONTypeError) in
            try CustomJob(answer)
        }
    }

    /// A job, nil where there is none.
    public func job(_ name: ResourceName) async throws(APIError) -> CustomJob? {
        try await APIError.absent { () throws(APIError) in
            let request = HTTPRequest(url: url(name))
            return try await client.api(request, .idempotent, subject: "\(name)") { answer throws(JSONTypeError) in
                try CustomJob(answer)
            }
        }
    }

    /// The jobs of a region for which a filter holds (https://google.aip.dev/160).
    public func jobs(in region: String, filter: String) async throws(APIError) -> [CustomJob] {
        var query = Query()
        query.add("filter", filter)
        query.add("pageSize", Self.pageJobs)
        return try await client.pages(
            jobsURL(region),
            query,
            pagesMax: Self.pagesMax,
            subject: "custom jobs in \(region)"
        ) { answer throws(JSONTypeError) in
            try answer["customJobs"].elements { job throws(JSONTypeError) in try CustomJob(job) }
        }
    }

    /// Asks for the end of a job: its workers get a SIGTERM; whether it ends is seen by its state.
    public func cancel(_ name: ResourceName) async throws(APIError) {
        let request = HTTPRequest.json("POST", url(name) + ":cancel", [:])
        try await client.api(request, .idempotent, subject: "\(name)") { _ in }
    }

    private func base(_ region: String) -> String {
        "\(endpoint ?? "https://\(PercentEncoding.encode(region))-aiplatform.googleapis.com")/v1"
    }

    private func jobsURL(_ region: String) -> String {
        let path = "projects/\(project)/locations/\(region)/customJobs"
        return "\(base(region))/\(PercentEncoding.encode(path, keeping: "/:"))"
    }

    private func url(_ name: ResourceName) -> String { "\(base(name["locations"]))/\(name)" }
}
