import Wire

/// Paths of fields as the API writes them
/// (https://cloud.google.com/firestore/docs/reference/rest/Shared.Types/FieldPath).
enum FieldPath {
    /// A path with dots between map keys; keys that are no simple names go in backquotes.
    static func text(_ path: String) -> String {
        path.split(separator: ".", omittingEmptySubsequences: false).map(quoted).joined(separator: ".")
    }

    /// The value under a path; nil where there is none.
    static func value(_ path: String, in fields: [String: DocumentValue]) -> DocumentValue? {
        var value = DocumentValue.map(fields)
        for key in path.split(separator: ".") {
            guard case .map(let members) = value, let member = members[String(key)] else { return nil }
            value = member
        }
        return value
    }

    private static func quoted(_ key: Substring) -> String {
        let isLetter = { (byte: UInt8) in
            byte == 0x5F || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        let isSimple =
            key.utf8.first.map(isLetter) == true
            && key.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
        if isSimple { return String(key) }
        return "`" + key.reduce(into: "") { $0 += $1 == "`" || $1 == "\\" ? "\\\($1)" : String($1) } + "`"
    }
}
