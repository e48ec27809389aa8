import Wire

extension DocumentEventData {
    /// The payload of a change: nil before for a creation, nil after for a deletion.
    init(before: Document?, after: Document?) {
        self.init(value: after, oldValue: before, updateMask: Self.changedFields(before, after))
    }

    /// The top-level fields that an update changed, sorted.
    private static func changedFields(_ before: Document?, _ after: Document?) -> [String] {
        guard let before, let after else { return [] }
        let names = Set(after.fields.keys).union(before.fields.keys)
        return names.filter { after.fields[$0]?.json.bytes != before.fields[$0]?.json.bytes }
            .map { FieldPath([$0]).description }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
