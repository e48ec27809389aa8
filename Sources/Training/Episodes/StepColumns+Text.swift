import Wire

/// A text as numbers: its UTF-8 bytes, each plus one, and zeros behind the end.
extension StepColumns {
    /// The text's numbers; all zero where there is none: the episode's own text takes its place.
    func tokens(_ reader: JSONReader) throws(JSONTypeError) -> [Float] {
        var tokens = [Float](repeating: 0, count: observationWidth)
        guard let text = try reader.optional?.string() else { return tokens }
        guard (1...observationWidth).contains(text.utf8.count) else {
            throw reader.mismatch("a text of 1 to \(observationWidth) bytes", found: "\(text.utf8.count) bytes")
        }
        for (index, byte) in text.utf8.enumerated() { tokens[index] = Float(byte) + 1 }
        return tokens
    }

    /// Puts the episode's text where a step has none of its own.
    ///
    /// - Throws: `episode_schema` where there is neither.
    func complete(
        _ observations: inout [Float],
        withText text: String?,
        episode: String
    ) throws(TrainingError) {
        guard input == .text else { return }
        var tokens: [Float]?
        do throws(JSONTypeError) {
            if let text { tokens = try self.tokens(JSONReader(.string(text), pointer: "/language_instruction")) }
        } catch {
            throw TrainingError(.episodeSchema, "\(episode): \(error)")
        }
        for start in stride(from: 0, to: observations.count, by: observationWidth) where observations[start] == 0 {
            guard let tokens else {
                let step = "\(episode), step \(start / observationWidth)"
                let message = "no language_instruction, and none in metadata.json"
                throw TrainingError(.episodeSchema, "\(step): \(message)")
            }
            observations.replaceSubrange(start..<start + observationWidth, with: tokens)
        }
    }
}
