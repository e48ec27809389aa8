import SignalboxCore
import Wire

/// The query of a URL.
struct Query {
    private var parts: [String] = []

    init(_ preconditions: ObjectPreconditions = .none) {
        add("ifGenerationMatch", preconditions.generationMatch)
        add("ifGenerationNotMatch", preconditions.generationNotMatch)
        add("ifMetagenerationMatch", preconditions.metagenerationMatch)
        add("ifMetagenerationNotMatch", preconditions.metagenerationNotMatch)
    }

    mutating func add(_ name: String, _ value: String?) {
        if let value { parts.append("\(name)=\(PercentEncoding.encode(value))") }
    }

    mutating func add(_ name: String, _ value: Int64?) { add(name, value.map { String($0) }) }

    /// With its question mark; empty where there is nothing to ask.
    var text: String { parts.isEmpty ? "" : "?" + parts.joined(separator: "&") }
}
