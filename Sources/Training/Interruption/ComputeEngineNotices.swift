public import SignalboxCore
public import Wire

/// Compute Engine's notices, 30 s before a Spot VM is preempted and up to an hour before a host's maintenance ends a VM
/// (https://cloud.google.com/compute/docs/instances/create-use-spot,
/// https://cloud.google.com/compute/docs/metadata/getting-live-migration-notice).
public struct ComputeEngineNotices: InterruptionNotices {
    /// The server's name within Google Cloud.
    public static let standardHost = "metadata.google.internal"

    /// For people.
    public let provider = "Compute Engine"

    private let host: String
    private let transport: any HTTPTransport

    /// The metadata server at a host, with a port if it needs one.
    public init(host: String = standardHost, transport: any HTTPTransport) {
        self.host = host
        self.transport = transport
    }

    /// What is to come; nil while nothing is.
    public func current() async throws -> StopCause? {
        if try await value(of: "preempted") == "TRUE" { return .machineReclaimed }
        // One that migrates goes on; this one ends.
        if try await value(of: "maintenance-event") == "TERMINATE_ON_HOST_MAINTENANCE" { return .hostMaintenance }
        return nil
    }

    private func value(of name: String) async throws -> String {
        let url = "http://\(host)/computeMetadata/v1/instance/\(name)"
        let request = HTTPRequest(
            url: url,
            headers: ["Metadata-Flavor": "Google"],
            timeout: .seconds(InterruptionWatch.answerSecondsMax)
        )
        let response = try await transport.send(request)
        guard response.status == 200, response.headers["metadata-flavor"] == "Google" else {
            throw NoticeError(description: "\(url) answers \(response.status)")
        }
        let body = try await response.body.collect(bytesMax: InterruptionWatch.answerBytesMax)
        return String(decoding: body, as: UTF8.self).trimmed
    }
}
