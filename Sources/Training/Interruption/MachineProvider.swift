public import Wire

/// Whose machine this is, as far as its notices are concerned.
public enum MachineProvider: Sendable {
    /// Compute Engine, and what is made of it: GKE, Vertex AI, Cloud TPU VMs.
    case computeEngine
    /// EC2.
    case ec2

    /// From the variables that move a metadata server, `GCE_METADATA_HOST` and `AWS_EC2_METADATA_SERVICE_ENDPOINT`,
    /// else from what the firmware calls the machine; nil for any other.
    ///
    /// - Parameter readFile: gives a file's text, nil where there is none.
    public init?(variables: [String: String], readFile: (String) -> String?) {
        if variables[Self.googleVariable] != nil {
            self = .computeEngine
        } else if variables[Self.amazonVariable] != nil {
            self = .ec2
        } else if readFile(Self.firmware + "product_name")?.trimmed == "Google Compute Engine" {
            self = .computeEngine
        } else if readFile(Self.firmware + "sys_vendor")?.trimmed == "Amazon EC2" {
            self = .ec2
        } else {
            return nil
        }
    }

    /// Where its notices are.
    public func notices(variables: [String: String], transport: any HTTPTransport) -> any InterruptionNotices {
        switch self {
        case .computeEngine:
            ComputeEngineNotices(
                host: variables[Self.googleVariable] ?? ComputeEngineNotices.standardHost,
                transport: transport
            )
        case .ec2:
            EC2Notices(
                endpoint: variables[Self.amazonVariable] ?? EC2Notices.standardEndpoint,
                transport: transport
            )
        }
    }

    private static let firmware = "/sys/class/dmi/id/"
    private static let googleVariable = "GCE_METADATA_HOST"
    private static let amazonVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
}
