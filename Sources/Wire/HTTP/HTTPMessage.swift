/// The header fields of a message, in order; names compare without case (RFC 9110, section 5.1).
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    private var fields: [Field]

    /// One field.
    public struct Field: Sendable, Equatable {
        /// The name as it was written.
        public let name: String
        /// The value without surrounding space.
        public let value: String
    }

    /// Fields in order.
    public init(_ fields: [(String, String)] = []) { self.fields = fields.map { Field(name: $0.0, value: $0.1) } }

    /// `["content-type": "application/json"]`.
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// The first value under that name; setting replaces all values under it.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { add(name, newValue) }
        }
    }

    /// All values under a name as one, without surrounding white space (RFC 9110, section 5.3); nil where there is
    /// none.
    public func combined(_ name: String) -> String? {
        let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map { field in
            let bytes = field.value.utf8.drop { $0 == 0x20 || $0 == 0x09 }
            let end = bytes.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { bytes.index(after: $0) } ?? bytes.startIndex
            return String(Substring(bytes[..<end]))
        }
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// Adds a field behind those there are.
    public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// The fields in order.
    public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }
}

/// What a request carries.
public enum HTTPRequestBody: Sendable {
    /// No body.
    case none
    /// Bytes at hand.
    case bytes([UInt8])
    /// Chunks as they are pulled; `length` in bytes when it is known (else the body goes chunked).
    case stream(any ByteStream, length: Int64?)
}

/// A request.
public struct HTTPRequest: Sendable {
    /// `GET`, `POST` …
    public var method: String
    /// An absolute URL, percent-encoded.
    public var url: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: HTTPRequestBody
    /// The longest wait for the whole exchange; nil for none.
    public var timeout: Duration?
    /// The longest silence: an exchange that moves no byte for so long fails.
    public var idleTimeout: Duration

    /// A request.
    public init(
        method: String = "GET",
        url: String,
        headers: HTTPHeaders = [:],
        body: HTTPRequestBody = .none,
        timeout: Duration? = nil,
        idleTimeout: Duration = .seconds(60)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.idleTimeout = idleTimeout
    }
}

/// An answer whose body is still to be read.
public struct HTTPResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body, to be read once; dropping it unread ends the exchange.
    public var body: any ByteStream

    /// An answer of its parts.
    public init(status: Int, headers: HTTPHeaders, body: any ByteStream) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What sends a request: the network, or a test's stand-in.
public protocol HTTPTransport: Sendable {
    /// Sends a request and answers when the header fields are there.
    ///
    /// - Throws: ``HTTPClientError``; any HTTP status is an answer, not an error.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse
}
