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

    /// The elements of an array, each as `read` has it; none where there is nothing.
    func elements<Value>(_ read: (JSONReader) throws(JSONTypeError) -> Value) throws(JSONTypeError) -> [Value] {
        var values: [Value] = []
        for element in try elements() { values.append(try read(element)) }
        return values
    }

    /// The name of a resource, which is its member `name`.
    ///
    /// - Parameters:
    ///   - kind: what is named, for the error: `a job`.
    ///   - read: nil for a text that is no such name.
    func name(_ kind: String, _ read: (String) -> ResourceName?) throws(JSONTypeError) -> ResourceName {
        let text = try self["name"].string()
        guard let name = read(text) else { throw self["name"].mismatch("the name of \(kind)", found: text) }
        return name
    }
}
