public import Wire

extension JSON {
    /// An object's members, to be changed; nil of anything else.
    public var members: [String: JSON]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}
