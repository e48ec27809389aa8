public import Wire

/// A request as it came, whole.
public struct FunctionRequest: Sendable, Equatable {
    /// `POST` for events.
    public var method: String
    /// The path with its query.
    public var path: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: [UInt8]

    /// A request of its parts.
    public init(method: String = "POST", path: String = "/", headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}
