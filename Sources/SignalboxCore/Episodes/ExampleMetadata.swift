import Wire

/// The description of an episode in the features `episode_metadata/…` of an Example; `/` between names makes objects.
enum ExampleMetadata {
    private static let prefix = "episode_metadata/"
    /// Elements of one list of the description.
    private static let elementsMax = 1024
    /// Names within names.
    private static let depthMax = 8
    /// The member that is an array however many elements it has.
    private static let tags = "tags"

    /// The episode's id, of either layout.
    static func identifier(_ example: TFExample) throws(EpisodeFault) -> String? {
        for name in ["episode_id", prefix + "episode_id"] {
            guard let feature = example.features[name], feature.count > 0 else { continue }
            if feature.count == 1, let number = feature.integers.first { return String(number) }
            guard feature.count == 1, let bytes = feature.bytes.first,
                let text = String(validating: bytes, as: UTF8.self)
            else { throw EpisodeFault(.exampleLayout, "\(name): wanted one text, found \(feature.summary)") }
            return text
        }
        return nil
    }

    /// The description; nil where the Example has none.
    static func json(_ example: TFExample, bytesMax: Int) throws(EpisodeFault) -> JSON? {
        let names = example.features.keys.filter { $0.hasPrefix(prefix) }.sorted()
        guard !names.isEmpty else { return nil }
        var root: [String: JSON] = [:]
        var size = 0
        for name in names {
            guard let feature = example.features[name] else { continue }
            let path = name.dropFirst(prefix.count).split(separator: "/").map(String.init)
            guard path.count <= depthMax else {
                throw EpisodeFault(.metadataInvalid, "\(prefix)…: more than \(depthMax) levels")
            }
            let (value, bytes) = try value(feature, name: path.last ?? "", fullName: name)
            size += name.utf8.count + bytes
            guard size <= bytesMax else {
                throw EpisodeFault(.metadataInvalid, "\(prefix)…: more than \(bytesMax) bytes")
            }
            insert(value, at: path[...], into: &root)
        }
        return .object(root)
    }

    private static func value(
        _ feature: TFExample.Feature,
        name: String,
        fullName: String
    ) throws(EpisodeFault) -> (JSON, bytes: Int) {
        guard feature.count <= elementsMax else {
            throw EpisodeFault(.metadataInvalid, "\(fullName): \(feature.count) elements, allowed are \(elementsMax)")
        }
        var values: [JSON] = feature.integers.map(JSON.integer) + feature.floats.map { .double(Double($0)) }
        var size = 8 * values.count
        for bytes in feature.bytes {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw EpisodeFault(.metadataInvalid, "\(fullName): not UTF-8")
            }
            size += bytes.count
            // An object may be written as text where a list of features is too narrow for it.
            let isObject = bytes.first == UInt8(ascii: "{")
            values.append(isObject ? (try? JSON(parsing: Array(bytes))) ?? .string(text) : .string(text))
        }
        let isArray = values.count != 1 || name == tags
        return (isArray ? .array(values) : values[0], size)
    }

    private static func insert(_ value: JSON, at path: ArraySlice<String>, into object: inout [String: JSON]) {
        guard let name = path.first else { return }
        guard path.count > 1 else {
            object[name] = value
            return
        }
        var child: [String: JSON] = [:]
        if case .object(let members) = object[name] { child = members }
        insert(value, at: path.dropFirst(), into: &child)
        object[name] = .object(child)
    }
}
