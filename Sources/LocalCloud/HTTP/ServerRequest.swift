import Wire

/// A request as the services see it.
struct ServerRequest: Sendable {
    let method: String
    /// The path's parts, percent-decoded one by one, so that a name may contain slashes.
    let path: [String]
    let query: ServerQuery
    let headers: HTTPHeaders
    let body: any ByteStream
    /// `http://127.0.0.1:PORT`, as the client reached us.
    let baseURL: String

    /// The body's length in bytes where the client told it.
    var contentLength: Int64? { headers["content-length"].flatMap { Int64($0) } }

    /// The body as JSON; an empty body is an empty object.
    ///
    /// - Throws: ``BodyError`` for what is no JSON or longer than ``LocalCloudLimits/jsonBodyBytesMax``.
    func json() async throws -> JSONReader {
        let bytes: [UInt8]
        do {
            bytes = try await body.collect(bytesMax: LocalCloudLimits.jsonBodyBytesMax)
        } catch let error as ByteStreamTooLong {
            throw BodyError.tooLong(error.bytesMax)
        }
        guard !bytes.isEmpty else { return JSONReader([:]) }
        do {
            return JSONReader(try JSON(parsing: bytes))
        } catch {
            throw BodyError.notJSON(error)
        }
    }
}

/// A body that cannot be read.
enum BodyError: Error, CustomStringConvertible {
    case tooLong(Int)
    case notJSON(JSONParseError)
    case brokenOff

    var description: String {
        switch self {
        case .tooLong(let bytesMax): "the body is longer than \(bytesMax) bytes"
        case .notJSON(let error): "the body is not JSON: \(error)"
        case .brokenOff: "the connection ended before the body did"
        }
    }
}
