public import Wire

/// What a function needs to know of its surroundings, from the environment.
public struct ServerConfiguration: Sendable, Equatable {
    /// The port of functions where `PORT` is not set.
    public static let defaultPort = 8080

    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 for any that is free.
    public var port: Int
    /// The project in which traces are, `GOOGLE_CLOUD_PROJECT`.
    public var project: String?
    /// Whose tokens callers must bring; nil where the platform sees to that, or nobody else can reach the function.
    public var callers: IDTokenPolicy?

    /// A configuration of its parts.
    public init(
        host: String = "127.0.0.1",
        port: Int = ServerConfiguration.defaultPort,
        project: String? = nil,
        callers: IDTokenPolicy? = nil
    ) {
        self.host = host
        self.port = port
        self.project = project
        self.callers = callers
    }

    /// Reads `PORT`, `K_SERVICE` (set on Cloud Run, where all addresses are listened on), `GOOGLE_CLOUD_PROJECT` and
    /// the `SIGNALBOX_OIDC_…` of ``IDTokenPolicy``.
    public init(environment: [String: String]) throws(ServerConfigurationError) {
        self.init(host: environment["K_SERVICE"] == nil ? "127.0.0.1" : "0.0.0.0")
        if let text = environment["PORT"] {
            guard let port = Int(text), (0...65_535).contains(port), text.utf8.allSatisfy({ $0 != 0x2B }) else {
                throw ServerConfigurationError(variable: "PORT", value: text, expected: "a port from 0 to 65535")
            }
            self.port = port
        }
        if let project = environment["GOOGLE_CLOUD_PROJECT"], !project.isEmpty { self.project = project }
        do {
            callers = try IDTokenPolicy(environment: environment)
        } catch {
            let value = environment[error.variable] ?? ""
            throw ServerConfigurationError(variable: error.variable, value: value, expected: error.expected)
        }
    }
}

/// An environment variable with a value that cannot be meant.
public struct ServerConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The variable.
    public let variable: String
    /// Its value.
    public let value: String
    /// What it should be.
    public let expected: String

    /// One line for people.
    public var description: String { "\(variable) is \"\(value)\", wanted \(expected)" }
}
