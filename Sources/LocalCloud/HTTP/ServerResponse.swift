import Wire

/// An answer as the services give it.
struct ServerResponse: Sendable {
    /// What an answer carries.
    enum Body: Sendable {
        case bytes([UInt8])
        /// A part of a file, sent as the client takes it.
        case file(OpenFile, offset: Int64, count: Int64)
    }

    var status: Int
    var headers: HTTPHeaders
    var body: Body

    /// An answer with bytes, or none.
    init(status: Int, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer in JSON.
    static func json(_ value: JSON, status: Int = 200) -> ServerResponse {
        ServerResponse(
            status: status,
            headers: ["content-type": "application/json; charset=UTF-8"],
            body: .bytes(value.bytes)
        )
    }
}
