import Wire

/// A text as numbers: its UTF-8 bytes, each plus one, and zeros behind the end.
extension StepColumns {
    /// The text's numbers; all zero where there is none: the episode's text takes its place.
    func tokens(_ reader: JSONReader) throws(JSONTypeError) -> [Float] {
        var tokens = [Float](repeating: 0, count: observationWidth)
        guard let text = try reader.optional?.string() else { return tokens }
        guard (1...observationWidth).contains(text.utf8.count) else {
            throw reader.mismatch("a text of 1 to \(observationWidth) bytes", found: "\(text.utf8.count) bytes")
        }
        for (index, byte) in text.utf8.enumerated() { tokens[index] = Float(byte) + 1 }
        return tokens
    }

    /// The numbers of an episode's text, which stands where a step has none of its own; nil where it has none either.
    ///
    /// - Throws: `episode_schema` for a text that is too long, or empty.
    func tokens(ofEpisode identifier: String, _ text: String?) throws(TrainingError) -> [Float]? {
        guard let text else { return nil }
        do throws(JSONTypeError) {
            return try tokens(JSONReader(.string(text), pointer: "/language_instruction"))
        } catch {
            throw TrainingError(.episodeSchema, "\(identifier): \(error)")
        }
    }
}
