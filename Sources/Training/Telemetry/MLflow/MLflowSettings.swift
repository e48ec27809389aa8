public import SignalboxCore
import Wire

/// Where an MLflow server is and who asks it, by MLflow's own variables
/// (https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth).
public struct MLflowSettings: Sendable, Equatable {
    /// The experiment where none is named.
    public static let experimentStandard = "signalbox"

    /// The server, `http://127.0.0.1:5000`, without a slash at its end and without credentials.
    public let endpoint: String
    /// The `Authorization` of every request, nil for none. Never shown.
    let authorisation: String?
    /// The experiment's name.
    public let experiment: String

    /// A server and an experiment, asked without credentials.
    public init(endpoint: String, experiment: String = experimentStandard) {
        self.endpoint = endpoint
        self.experiment = experiment
        authorisation = nil
    }

    /// `MLFLOW_TRACKING_URI`, `MLFLOW_EXPERIMENT_NAME`, `MLFLOW_TRACKING_TOKEN` or `MLFLOW_TRACKING_USERNAME` and
    /// `MLFLOW_TRACKING_PASSWORD`; nil where no server is named.
    ///
    /// - Throws: ``TrackerError`` for a URI that is no server's: MLflow's own stores of files and databases are for
    ///   MLflow itself.
    public init?(_ environment: Environment) throws(TrackerError) {
        guard let uri = environment.text("MLFLOW_TRACKING_URI") else { return nil }
        guard uri.hasPrefix("http://") || uri.hasPrefix("https://"), let scheme = uri.firstIndex(of: "/") else {
            throw TrackerError(.unsupported, "MLFLOW_TRACKING_URI is no http:// or https:// URL of a server")
        }
        let start = uri.index(scheme, offsetBy: 2)
        let end = uri[start...].firstIndex(of: "/") ?? uri.endIndex
        let authority = uri[start..<end].split(separator: "@", omittingEmptySubsequences: false)
        guard let host = authority.last, !host.isEmpty, authority.count <= 2,
            !uri.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F })
        else { throw TrackerError(.unsupported, "MLFLOW_TRACKING_URI is no URL of a server") }
        let plain = uri[..<start] + host + uri[end...]
        endpoint = String(plain.reversed().drop { $0 == "/" }.reversed())
        experiment = environment.text("MLFLOW_EXPERIMENT_NAME") ?? Self.experimentStandard
        if let token = environment.text("MLFLOW_TRACKING_TOKEN") {
            authorisation = "Bearer \(token)"
        } else if let user = environment.text("MLFLOW_TRACKING_USERNAME") {
            authorisation = Self.basic("\(user):\(environment.text("MLFLOW_TRACKING_PASSWORD") ?? "")")
        } else {
            authorisation = authority.count == 2 ? Self.basic(try Self.pair(authority[0])) : nil
        }
    }

    /// Name and password of a URI, whose reserved characters are percent-encoded (RFC 3986, section 3.2.1).
    private static func pair(_ text: Substring) throws(TrackerError) -> String {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = decoded(parts[0]), let password = decoded(parts.count == 2 ? parts[1] : "") else {
            let message = "MLFLOW_TRACKING_URI has a % in its name or password that begins no escape: write it as %25"
            throw TrackerError(.unsupported, message)
        }
        return "\(user):\(password)"
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let decoded = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)), decoded.count == 1 else {
                return nil
            }
            bytes += decoded
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func basic(_ pair: String) -> String { "Basic " + Base64.encode(Array(pair.utf8)) }
}
