import SignalboxCore
import Wire

extension ServiceClient {
    /// All pages of a list (https://google.aip.dev/158), up to a bound.
    ///
    /// - Parameters:
    ///   - url: the list's, without a query.
    ///   - query: what is asked of each page.
    ///   - pagesMax: so many pages are read; what lies behind them is not seen, as each call begins anew.
    func pages<Value: Sendable>(
        _ url: String,
        _ query: Query,
        pagesMax: Int,
        subject: String,
        read: (JSONReader) throws(JSONTypeError) -> [Value]
    ) async throws(APIError) -> [Value] {
        var values: [Value] = []
        var token: String?
        for _ in 0..<pagesMax {
            var query = query
            query.add("pageToken", token)
            let request = HTTPRequest(url: url + query.text)
            let (page, next) = try await api(request, .idempotent, subject: subject) {
                answer throws(JSONTypeError) in
                (try read(answer), try answer["nextPageToken"].optional?.string())
            }
            values += page
            guard let next, !next.isEmpty else { break }
            token = next
        }
        return values
    }
}

extension APIError {
    /// Nil in place of something that is not there.
    static func absent<Value>(_ call: () async throws(APIError) -> Value) async throws(APIError) -> Value? {
        do throws(APIError) {
            return try await call()
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}
