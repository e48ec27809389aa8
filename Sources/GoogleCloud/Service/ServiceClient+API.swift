import Wire

extension ServiceClient {
    /// A call of an API that is answered with JSON, read by `read`.
    ///
    /// - Parameter subject: what the call is about, for messages.
    /// - Throws: ``APIError``; an answer that cannot be read leaves open what was done.
    func api<Value: Sendable>(
        _ request: HTTPRequest,
        _ idempotency: Idempotency,
        subject: String,
        read: (JSONReader) throws(JSONTypeError) -> Value
    ) async throws(APIError) -> Value {
        do throws(ServiceError) {
            let answer = try await json(request, idempotency).value
            do { return try read(answer) } catch { throw ServiceError(error) }
        } catch {
            throw APIError(error, of: subject)
        }
    }
}
