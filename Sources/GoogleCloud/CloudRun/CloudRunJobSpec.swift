public import Wire

/// A job of Cloud Run to create and to execute once: one task, which runs one container once.
public struct CloudRunJobSpec: Sendable, Equatable {
    /// The end of the execution's name, `JOB-run`. A job that carries it starts one execution when it is created, in
    /// the same call: there is no moment in which the job is there and its execution is not known to have been asked
    /// for.
    public static let executionToken = "run"

    /// Its labels.
    public var labels: [String: String]
    /// Processors.
    public var cpus: Int
    /// Memory in GiB.
    public var memoryGiB: Int
    /// The container's image.
    public var image: String
    /// The arguments of the image's entrypoint.
    public var arguments: [String]
    /// The container's environment.
    public var variables: [String: String]
    /// The account that the container acts as.
    public var serviceAccount: String
    /// After so long the container is ended.
    public var timeoutSeconds: Int

    /// A job of its parts.
    public init(
        labels: [String: String],
        cpus: Int,
        memoryGiB: Int,
        image: String,
        arguments: [String],
        variables: [String: String],
        serviceAccount: String,
        timeoutSeconds: Int
    ) {
        self.labels = labels
        self.cpus = cpus
        self.memoryGiB = memoryGiB
        self.image = image
        self.arguments = arguments
        self.variables = variables
        self.serviceAccount = serviceAccount
        self.timeoutSeconds = timeoutSeconds
    }

    /// The `Job` to send (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs#Job).
    public var json: JSON {
        let container: JSON = [
            "image": .string(image),
            "args": .array(arguments.map { .string($0) }),
            "env": .environment(variables),
            "resources": ["limits": ["cpu": .string("\(cpus)"), "memory": .string("\(memoryGiB)Gi")]],
        ]
        let labels = JSON.object(labels.mapValues { .string($0) })
        return [
            "labels": labels,
            "startExecutionToken": .string(Self.executionToken),
            "template": [
                "labels": labels,
                "taskCount": 1,
                "parallelism": 1,
                "template": [
                    "containers": [container],
                    // An attempt that fails is over: the job's lifecycle decides about the next, not the service.
                    "maxRetries": 0,
                    "timeout": .string("\(timeoutSeconds)s"),
                    "serviceAccount": .string(serviceAccount),
                ],
            ],
        ]
    }
}
