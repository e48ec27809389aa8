public import Wire

/// A custom training job to create: one worker that runs a container.
public struct CustomJobSpec: Sendable, Equatable {
    /// Accelerators of a worker's machine.
    public struct Accelerators: Sendable, Equatable {
        /// `NVIDIA_L4`
        /// (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/MachineSpec#AcceleratorType).
        public let type: String
        /// How many.
        public let count: Int

        /// Accelerators of a type.
        public init(type: String, count: Int) {
            self.type = type
            self.count = count
        }
    }

    /// What it is called in the console and found by.
    public var displayName: String
    /// Its labels.
    public var labels: [String: String]
    /// `n1-standard-8`.
    public var machineType: String
    /// What is attached to the machine.
    public var accelerators: Accelerators?
    /// The container's image.
    public var image: String
    /// The arguments of the image's entrypoint.
    public var arguments: [String]
    /// The container's environment.
    public var variables: [String: String]
    /// The account that the container acts as.
    public var serviceAccount: String
    /// Whether the machine may be taken back.
    public var isSpot: Bool
    /// After so long the job is ended.
    public var timeoutSeconds: Int

    /// A job of its parts.
    public init(
        displayName: String,
        labels: [String: String],
        machineType: String,
        accelerators: Accelerators?,
        image: String,
        arguments: [String],
        variables: [String: String],
        serviceAccount: String,
        isSpot: Bool,
        timeoutSeconds: Int
    ) {
        self.displayName = displayName
        self.labels = labels
        self.machineType = machineType
        self.accelerators = accelerators
        self.image = image
        self.arguments = arguments
        self.variables = variables
        self.serviceAccount = serviceAccount
        self.isSpot = isSpot
        self.timeoutSeconds = timeoutSeconds
    }

    /// The `CustomJob` to send
    /// (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec).
    public var json: JSON {
        var machine: [String: JSON] = ["machineType": .string(machineType)]
        if let accelerators {
            machine["acceleratorType"] = .string(accelerators.type)
            machine["acceleratorCount"] = .integer(Int64(accelerators.count))
        }
        let worker: JSON = [
            "machineSpec": .object(machine),
            "replicaCount": "1",
            "containerSpec": [
                "imageUri": .string(image),
                "args": .array(arguments.map { .string($0) }),
                "env": .environment(variables),
            ],
        ]
        // An attempt that fails is over: the job's lifecycle decides about the next, not the service.
        let scheduling: JSON = [
            "timeout": .string("\(timeoutSeconds)s"),
            "restartJobOnWorkerRestart": false,
            "disableRetries": true,
            "strategy": isSpot ? "SPOT" : "STANDARD",
        ]
        return [
            "displayName": .string(displayName),
            "labels": .object(labels.mapValues { .string($0) }),
            "jobSpec": [
                "workerPoolSpecs": [worker],
                "scheduling": scheduling,
                "serviceAccount": .string(serviceAccount),
            ],
        ]
    }
}

extension JSON {
    /// Environment variables as APIs of containers write them, sorted by name.
    static func environment(_ variables: [String: String]) -> JSON {
        .array(
            variables.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "value": .string($0.value)] }
        )
    }
}
