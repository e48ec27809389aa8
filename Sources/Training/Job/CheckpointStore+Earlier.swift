import SignalboxCore
import Wire

extension CheckpointStore {
    /// Checkpoints of earlier attempts that are looked at, the newest.
    private static let earlierMax = 64

    /// What earlier attempts of a job have left.
    struct Earlier: Sendable {
        /// Checkpoints of the same run, the newest last.
        var kept: [KeptCheckpoint] = []
        /// States without a description: their upload was cut short.
        var unfinished: [KeptCheckpoint] = []
    }

    /// A checkpoint that this attempt has saved.
    func kept(_ checkpoint: any StoredCheckpoint) -> KeptCheckpoint {
        KeptCheckpoint(
            step: checkpoint.step,
            stem: stem(step: checkpoint.step),
            validationLoss: checkpoint.validationLoss
        )
    }

    /// What the attempts before this one have left of the run of a fingerprint, up to the step that it went on from.
    /// What lies beyond that was passed over: it is damaged, or of another run, and nobody's to remove.
    func earlier(upTo step: Int, fingerprint: String) async throws(StoreError) -> Earlier {
        guard attempt > 1 else { return Earlier() }
        let names = try await objects.listAll(bucket: layout.trainingBucket, prefix: prefix).map(\.name.name)
        let present = Set(names)
        let places = Set(names.compactMap(stem(of:))).compactMap { stem in place(of: stem).map { (stem, $0) } }
        let before = places.filter { $0.1.attempt < attempt && $0.1.step <= step }
            .sorted { ($0.1.step, $0.1.attempt, $0.0) < ($1.1.step, $1.1.attempt, $1.0) }
        var earlier = Earlier()
        for (stem, place) in before.suffix(Self.earlierMax) {
            guard present.contains(stem + Self.descriptionSuffix) else {
                earlier.unfinished.append(KeptCheckpoint(step: place.step, stem: stem, validationLoss: nil))
                continue
            }
            let description = try await description(of: stem)
            guard (try? description["fingerprint"].string()) == fingerprint else { continue }
            let loss = try? description["validation_loss"].double()
            earlier.kept.append(KeptCheckpoint(step: place.step, stem: stem, validationLoss: loss))
        }
        return earlier
    }

    /// Removes a checkpoint, its description first: without that its state does not count.
    func remove(_ kept: KeptCheckpoint) async throws(StoreError) {
        for suffix in [Self.descriptionSuffix, kind.rawValue] {
            let name = ObjectName(bucket: layout.trainingBucket, name: kept.stem + suffix)
            do throws(StoreError) { try await objects.delete(name, generation: nil, if: .none) } catch {
                guard error.code == .notFound else { throw error }
            }
        }
    }

    /// What the trainer wrote of a checkpoint; null of one that is damaged or has gone.
    private func description(of stem: String) async throws(StoreError) -> JSONReader {
        let name = ObjectName(bucket: layout.trainingBucket, name: stem + Self.descriptionSuffix)
        do {
            let bytes = try await objects.bytes(of: name, bytesMax: Self.descriptionBytesMax).bytes
            return JSONReader((try? JSON(parsing: bytes)) ?? .null)["trainer"]
        } catch  where error.code == .notFound || error.code == .dataLoss || error.code == .tooLarge {
            return JSONReader(.null)
        }
    }

    /// The step and attempt of a checkpoint's name; nil of what is none of a run itself.
    private func place(of stem: String) -> (step: Int, attempt: Int)? {
        let parts = stem.dropFirst(prefix.count).split(separator: "/")
        guard parts.count == 2, parts[0].hasPrefix("step-"), parts[1].hasPrefix("attempt-"),
            let step = Int(parts[0].dropFirst("step-".count)),
            let attempt = Int(parts[1].dropFirst("attempt-".count).prefix { $0 != "-" })
        else { return nil }
        return (step, attempt)
    }
}
