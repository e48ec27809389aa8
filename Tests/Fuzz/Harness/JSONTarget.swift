import Wire

extension FuzzTarget {
    /// The strict scan and json-c behind it: what is taken is written and read again as the same value.
    static let json = FuzzTarget(name: "json") { bytes in
        guard let value = try? JSON(parsing: bytes) else { return }
        guard let again = try? JSON(parsing: value.bytes) else {
            return require(false, "what was written is not read: \(value.serialized())")
        }
        require(again.bytes == value.bytes, "another value after writing: \(value.serialized())")
        _ = try? JSON(parsing: value.serialized(pretty: true))
    }
}
