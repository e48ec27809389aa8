import SignalboxCore
import Wire

/// Compute behind a bucket: an agent of the site's own takes orders from it and says there how its runs are.
///
/// - `<run>/order.json`: written once, by the launch; its text is the spec's URI.
/// - `<run>/state`: the agent's word, `running`, `ended …` or `preempted`.
/// - `<run>/cancel`: written by a cancel; the agent stops the run and removes the folder.
struct SpoolTier: ComputeTier {
    let name = "spool"
    let objects: any ObjectStore
    let bucket: String

    /// The tier that the environment configures; nil where `SIGNALBOX_SPOOL_BUCKET` is not set.
    static func configured(_ environment: Environment, objects: any ObjectStore) -> SpoolTier? {
        environment.text("SIGNALBOX_SPOOL_BUCKET").map { SpoolTier(objects: objects, bucket: $0) }
    }

    func launch(_ order: RunOrder) async throws(TierError) -> String {
        guard order.place.machine == nil else { throw TierError(.invalidOrder, "the agent chooses the machine") }
        try await asking { () throws(StoreError) in
            // The name is taken by whoever creates it first; a second launch of the same order finds it there.
            _ = try await objects.create(
                file(order.name, "order.json"),
                Array(order.spec.uri.utf8),
                contentType: "text/plain"
            )
        }
        return order.name
    }

    func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        try await has(runName, "order.json") ? runName : nil
    }

    func inspect(_ handle: String) async throws(TierError) -> RunState {
        guard try await has(handle, "order.json") else { return .gone }
        guard try await has(handle, "state") else { return .starting }
        let bytes = try await asking { () throws(StoreError) in
            try await objects.bytes(of: file(handle, "state"), bytesMax: 4096).bytes
        }
        let word = String(decoding: bytes, as: UTF8.self)
        switch word {
        case "running": return .running
        case "preempted": return .preempted
        default: return .ended(detail: word)
        }
    }

    func cancel(_ handle: String) async throws(TierError) {
        guard try await has(handle, "order.json") else { return }
        try await asking { () throws(StoreError) in
            _ = try await objects.create(file(handle, "cancel"), [], contentType: "text/plain")
        }
    }

    func runs() async throws(TierError) -> [TierRun] {
        let found = try await asking { () throws(StoreError) in
            try await objects.listAll(bucket: bucket, prefix: RunOrder.prefix)
        }
        var runs: [TierRun] = []
        for object in found where object.name.name.hasSuffix("/order.json") {
            let run = String(object.name.name.dropLast("/order.json".count))
            runs.append(TierRun(name: run, handle: run, state: try await inspect(run)))
        }
        return runs
    }

    private func file(_ run: String, _ name: String) -> ObjectName {
        ObjectName(bucket: bucket, name: "\(run)/\(name)")
    }

    private func has(_ run: String, _ name: String) async throws(TierError) -> Bool {
        try await asking { () throws(StoreError) in try await objects.metadataIfPresent(of: file(run, name)) != nil }
    }

    /// What the store's errors mean for a run: all but a plain no leaves it open.
    private func asking<Value>(_ call: () async throws(StoreError) -> Value) async throws(TierError) -> Value {
        do throws(StoreError) {
            return try await call()
        } catch {
            throw TierError(error.code == .permissionDenied ? .permissionDenied : .unreachable, "\(error)")
        }
    }
}
