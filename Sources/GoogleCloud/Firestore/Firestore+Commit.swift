public import SignalboxCore
import Wire

extension Firestore {
    /// Carries all writes out at one moment, or none.
    public func commit(_ writes: [DocumentWrite]) async throws(StoreError) -> CommitResult {
        guard writes.count <= DocumentLimits.commitWritesMax else {
            throw StoreError(.invalidArgument, "\(writes.count) writes; \(DocumentLimits.commitWritesMax) at most")
        }
        let body: JSON = ["writes": .array(writes.map { $0.json(name: name($0.path)) })]
        let isRepeatable = writes.contains(where: \.isGuard) || writes.allSatisfy(\.isIdempotent)
        do throws(ServiceError) {
            let request = HTTPRequest.json("POST", url(method: ":commit"), body)
            let answer = try await client.json(request, isRepeatable ? .idempotent : .once).value
            do { return try CommitResult(answer) } catch { throw ServiceError(error) }
        } catch {
            let isRefused = [.preconditionFailed, .alreadyExists, .notFound].contains(error.code)
            if error.followsUnknown, isRefused, let result = try await resultIfCarriedOut(writes) { return result }
            throw error.storeError(writes.map(\.path).joined(separator: ", "))
        }
    }

    /// The result of a commit whose answer was lost; nil where the documents are not as it would have left them.
    private func resultIfCarriedOut(_ writes: [DocumentWrite]) async throws(StoreError) -> CommitResult? {
        let documents = try await readAll(writes.map(\.path)).documents
        var times: Set<Timestamp> = []
        for write in writes {
            let document = documents[name(write.path)]
            guard write.isResult(document) else { return nil }
            if let document { times.insert(document.updateTime) }
        }
        // One commit writes all its documents at one time.
        guard times.count == 1, let time = times.first else { return nil }
        return CommitResult(commitTime: time, updateTimes: writes.map { _ in time })
    }
}

extension DocumentWrite {
    /// Whether a second commit of this write is refused once the first was carried out.
    fileprivate var isGuard: Bool {
        switch (precondition, operation) {
        case (.updateTime, _), (.exists(false), .set), (.exists(true), .delete): true
        default: false
        }
    }

    /// Whether carrying it out twice leaves what once would have.
    fileprivate var isIdempotent: Bool {
        guard case .set(_, _, let transforms) = operation else { return true }
        return !transforms.values.contains { if case .increment = $0 { true } else { false } }
    }

    /// Whether a document is what this write would have left. What an increment left cannot be told.
    fileprivate func isResult(_ document: Document?) -> Bool {
        guard case .set(let fields, let mask, let transforms) = operation else { return document == nil }
        guard let document else { return false }
        for (path, transform) in transforms {
            switch (transform, FieldPath.value(path, in: document.fields)) {
            case (.serverTime, .timestamp): continue
            case (.appendMissing(let values), .array(let present)):
                guard values.allSatisfy(present.contains) else { return false }
            default: return false
            }
        }
        if let mask {
            return mask.allSatisfy { FieldPath.value($0, in: fields) == FieldPath.value($0, in: document.fields) }
        }
        let isSame = { (name: String) in fields[name] == document.fields[name] || transforms[name] != nil }
        return Set(fields.keys).union(document.fields.keys).allSatisfy(isSame)
    }

    /// As the API writes it (https://cloud.google.com/firestore/docs/reference/rest/v1/Write).
    fileprivate func json(name: String) -> JSON {
        var members: [String: JSON] = [:]
        switch operation {
        case .delete: members["delete"] = .string(name)
        case .set(let fields, let mask, let transforms):
            members["update"] = ["name": .string(name), "fields": DocumentValue.json(fields)]
            if let mask { members["updateMask"] = ["fieldPaths": .array(mask.map { .string(FieldPath.text($0)) })] }
            if !transforms.isEmpty {
                let sorted = transforms.sorted { $0.key < $1.key }
                members["updateTransforms"] = .array(sorted.map { $0.value.json(path: $0.key) })
            }
        }
        switch precondition {
        case .none: break
        case .exists(let exists): members["currentDocument"] = ["exists": .bool(exists)]
        case .updateTime(let time): members["currentDocument"] = ["updateTime": .string(time.description)]
        }
        return .object(members)
    }
}

extension FieldTransform {
    fileprivate func json(path: String) -> JSON {
        let path = JSON.string(FieldPath.text(path))
        return switch self {
        case .serverTime: ["fieldPath": path, "setToServerValue": "REQUEST_TIME"]
        case .increment(let value): ["fieldPath": path, "increment": value.json]
        case .appendMissing(let values):
            ["fieldPath": path, "appendMissingElements": ["values": .array(values.map(\.json))]]
        }
    }
}

extension CommitResult {
    fileprivate init(_ answer: JSONReader) throws(JSONTypeError) {
        let time = try answer["commitTime"].timestamp()
        var times: [Timestamp] = []
        for result in try answer["writeResults"].optional?.array() ?? [] {
            times.append(try result["updateTime"].optional?.timestamp() ?? time)
        }
        self.init(commitTime: time, updateTimes: times)
    }
}
