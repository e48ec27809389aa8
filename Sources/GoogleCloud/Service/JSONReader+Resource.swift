import Wire

extension JSONReader {
    /// Labels or other texts by name; none where there is nothing.
    func texts() throws(JSONTypeError) -> [String: String] {
        guard let members = try optional?.members() else { return [:] }
        var texts: [String: String] = [:]
        for (name, reader) in members { texts[name] = try reader.string() }
        return texts
    }

    /// A 32-bit number, which APIs leave out where it is nothing.
    func count() throws(JSONTypeError) -> Int { try optional?.int(in: 0...Int(Int32.max)) ?? 0 }

    /// The elements of an array; none where there is nothing.
    func elements() throws(JSONTypeError) -> [JSONReader] { try optional?.array() ?? [] }
}
