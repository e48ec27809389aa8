import GoogleCloud
import SignalboxCore

extension TierError {
    /// A call of a Google API whose errors are told in a tier's words.
    static func translating<Value>(_ call: () async throws(APIError) -> Value) async throws(TierError) -> Value {
        do throws(APIError) { return try await call() } catch { throw TierError(error) }
    }
}
