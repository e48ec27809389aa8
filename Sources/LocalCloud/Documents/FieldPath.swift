import Wire

/// The way to a field through maps
/// (https://cloud.google.com/firestore/docs/reference/rest/v1/StructuredQuery#FieldReference).
struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    /// The field that stands for a document's name.
    static let name = FieldPath(["__name__"])

    let segments: [String]

    /// A path of names as they are.
    init(_ segments: [String]) { self.segments = segments }

    /// Reads `a.b.c`, with names in backticks where they are more than letters, digits and underscores.
    ///
    /// - Throws: ``DocumentError`` (`invalidArgument`).
    init(parsing text: String) throws(DocumentError) {
        let wrong = DocumentError.invalid("Property path \"\(text)\" is not a field path.")
        var segments: [String] = []
        var rest = text.unicodeScalars[...]
        while true {
            var segment = String.UnicodeScalarView()
            if rest.first == "`" {
                rest.removeFirst()
                while let scalar = rest.popFirst(), scalar != "`" {
                    guard scalar == "\\" else {
                        segment.append(scalar)
                        continue
                    }
                    guard let escaped = rest.popFirst() else { throw wrong }
                    segment.append(escaped)
                }
            } else {
                while let scalar = rest.first, scalar != "." {
                    segment.append(scalar)
                    rest.removeFirst()
                }
            }
            guard !segment.isEmpty else { throw wrong }
            segments.append(String(segment))
            guard let separator = rest.popFirst() else { break }
            guard separator == "." else { throw wrong }
        }
        self.segments = segments
    }

    /// The path as it is written.
    var description: String {
        segments.map { segment in
            let isSimple =
                segment.utf8.allSatisfy { Self.simple.contains($0) } && !(segment.first?.isNumber ?? true)
            guard !isSimple else { return segment }
            let escaped = segment.reduce(into: "") { text, character in
                text += (character == "`" || character == "\\") ? "\\\(character)" : String(character)
            }
            return "`\(escaped)`"
        }.joined(separator: ".")
    }

    private static let simple = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8)

    /// The value in fields; nil where there is none.
    func value(in fields: [String: DocumentValue]) -> DocumentValue? {
        var map = fields
        for segment in segments.dropLast() {
            guard case .map(let inner) = map[segment] else { return nil }
            map = inner
        }
        return segments.last.flatMap { map[$0] }
    }

    /// Sets the value in fields, or takes it away; maps on the way are made where something is set.
    func set(_ value: DocumentValue?, in fields: inout [String: DocumentValue]) {
        Self.set(value, segments[...], in: &fields)
    }

    private static func set(
        _ value: DocumentValue?,
        _ path: ArraySlice<String>,
        in fields: inout [String: DocumentValue]
    ) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            fields[first] = value
            return
        }
        var inner: [String: DocumentValue] = [:]
        if case .map(let map) = fields[first] { inner = map } else if value == nil { return }
        set(value, path.dropFirst(), in: &inner)
        fields[first] = .map(inner)
    }
}

extension [String: DocumentValue] {
    /// Only the fields that a mask names; all where there is none.
    func masked(by paths: [FieldPath]?) -> [String: DocumentValue] {
        guard let paths else { return self }
        var result: [String: DocumentValue] = [:]
        for path in paths {
            if let value = path.value(in: self) { path.set(value, in: &result) }
        }
        return result
    }
}
