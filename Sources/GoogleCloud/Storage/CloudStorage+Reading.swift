public import SignalboxCore
import Wire

extension CloudStorage {
    /// How often the metadata is read anew because the object was replaced before its bytes were asked for.
    private static let replacementsMax = 3

    /// The bytes of an object. The metadata is read first, and the bytes are those of its generation, whatever is
    /// written meanwhile; a broken connection goes on from the byte reached.
    public func read(
        _ name: ObjectName,
        generation: Int64?,
        range: Range<Int64>?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectContent {
        var replacements = 0
        while true {
            let metadata = try await metadata(of: name, generation: generation, if: preconditions)
            let wanted = range ?? 0..<metadata.size
            guard wanted.lowerBound >= 0, range == nil || wanted.lowerBound < metadata.size else {
                throw StoreError(.outOfRange, "\(name) has \(metadata.size) bytes; none from \(wanted.lowerBound) on")
            }
            let cut = wanted.clamped(to: 0..<metadata.size)
            let download = PinnedDownload(url: url(of: name), client: client, metadata: metadata, range: cut)
            do throws(StoreError) {
                try await download.open()
                return ObjectContent(metadata: metadata, body: download)
            } catch {
                // Replaced between the two requests.
                replacements += 1
                guard error.code == .notFound, generation == nil, replacements < Self.replacementsMax else {
                    throw error
                }
            }
        }
    }
}
