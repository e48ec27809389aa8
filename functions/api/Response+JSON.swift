import HTTPTypes
import Hummingbird
import NIOCore
import SignalboxCore
import Wire

extension Response {
    /// An answer of JSON and a line end.
    static func json(_ status: HTTPTypes.HTTPResponse.Status, _ json: JSON, headers: HTTPFields = HTTPFields())
        -> Response
    {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "application/json" }
        let body = ByteBuffer(string: json.serialized() + "\n")
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// What is wrong with a request (RFC 9457).
    ///
    /// - Parameter hasContent: whether the route takes content, which the signature has to cover then.
    static func problem(_ problem: Problem, hasContent: Bool) -> Response {
        var headers: HTTPFields = [.contentType: Problem.mediaType]
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if problem.status == 401 {
            headers[.wwwAuthenticate] = "Signature"
            if let name = HTTPField.Name("Accept-Signature") {
                headers[name] = RequestPolicy.acceptSignature(hasContent: hasContent)
            }
        }
        return .json(HTTPTypes.HTTPResponse.Status(code: problem.status), problem.json, headers: headers)
    }
}
