public import SignalboxCore
import Wire

extension CloudStorage {
    /// How many calls one copy may take; each moves a gigabyte or more.
    private static let rewriteCallsMax = 10_000

    /// Copies on the server, call after call until it is done
    /// (https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite).
    public func copy(
        _ source: ObjectName,
        generation: Int64?,
        to destination: ObjectName,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        let path =
            "\(url(of: source))/rewriteTo/b/\(PercentEncoding.encode(destination.bucket))"
            + "/o/\(PercentEncoding.encode(destination.name))"
        var token: String?
        for _ in 0..<Self.rewriteCallsMax {
            var query = Query(preconditions)
            query.add("sourceGeneration", generation)
            query.add("rewriteToken", token)
            // Without a body the source's metadata goes with it.
            let request = HTTPRequest(method: "POST", url: path + query.text, body: .bytes([]))
            switch try await rewrite(request, source, generation, destination) {
            case .done(let metadata): return metadata
            case .more(let next): token = next
            }
        }
        throw StoreError(.unavailable, "\(destination): not copied within \(Self.rewriteCallsMax) calls")
    }

    private enum Progress {
        case done(ObjectMetadata)
        case more(token: String)
    }

    private func rewrite(
        _ request: HTTPRequest,
        _ source: ObjectName,
        _ generation: Int64?,
        _ destination: ObjectName
    ) async throws(StoreError) -> Progress {
        do throws(ServiceError) {
            let answer = try await client.json(request, .idempotent).value
            do {
                guard try answer["done"].bool() else { return .more(token: try answer["rewriteToken"].string()) }
                return .done(try ObjectMetadata(resource: answer["resource"]))
            } catch {
                throw ServiceError(error)
            }
        } catch {
            let present = try await resolve(error, of: destination) { present throws(StoreError) in
                let original = try await metadata(of: source, generation: generation, if: .none)
                guard let crc32c = original.crc32c else { return false }
                return present.isWork(
                    length: original.size,
                    crc32c: crc32c,
                    contentType: original.contentType,
                    metadata: original.metadata
                )
            }
            return .done(present)
        }
    }
}
