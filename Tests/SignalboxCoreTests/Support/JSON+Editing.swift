import Wire

extension JSON {
    /// The value at a JSON pointer; setting nil removes a member or an element.
    subscript(pointer pointer: String) -> JSON? {
        get {
            Self.parts(pointer).reduce(self as JSON?) { value, part in
                if case .array(let elements) = value, let index = Int(part) { return elements[index] }
                return value?[part]
            }
        }
        set { self = Self.setting(self, Self.parts(pointer)[...], to: newValue) ?? .null }
    }

    private static func parts(_ pointer: String) -> [String] { pointer.split(separator: "/").map(String.init) }

    private static func setting(_ value: JSON, _ parts: ArraySlice<String>, to new: JSON?) -> JSON? {
        guard let part = parts.first else { return new }
        switch value {
        case .array(var elements):
            let index = part == "-" ? elements.count : Int(part) ?? elements.count
            let old = index < elements.count ? elements[index] : .null
            let element = setting(old, parts.dropFirst(), to: new)
            if index < elements.count { elements.remove(at: index) }
            if let element { elements.insert(element, at: index) }
            return .array(elements)
        case .object(var members):
            members[part] = setting(members[part] ?? .null, parts.dropFirst(), to: new)
            return .object(members)
        default: return value
        }
    }
}
