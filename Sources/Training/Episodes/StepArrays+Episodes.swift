import SignalboxCore
import Wire

/// The episodes as their parts make them, the numbers of each in one stretch.
extension StepArrays {
    /// An episode of which it is not known yet where its numbers are read from.
    private struct Draft {
        let outline: EpisodeOutline
        let parts: [Part]
        var observations = 0..<0
        var actions = 0..<0

        var observationWidth: Int { parts.first?.observationWidth ?? 0 }
        var actionWidth: Int { parts.lazy.map(\.actionWidth).first { $0 > 0 } ?? 0 }
        var valueCount: Int { parts.reduce(0) { $0 + $1.trainable.count } * (observationWidth + actionWidth) }
    }

    /// Numbers of an episode before they are in one stretch.
    private enum Piece {
        case stored(Range<Int>)
        case zeros(Int)
    }

    /// Joins the parts of episodes.
    ///
    /// - Throws: `episode_schema` where a text is missing, `dataset_too_large`; `FileIO.Failure` where the scratch
    ///   folder is full.
    mutating func episodes(_ outlines: [EpisodeOutline]) throws -> [Episode] {
        let valueCount = self.drafts(of: outlines).reduce(0) { $0 + $1.valueCount }
        try check(valueCount)
        if valueCount > scratch.valuesHeldMax { try useFile() }
        try storeAll()
        var drafts = self.drafts(of: outlines)
        for index in drafts.indices {
            try Task.checkCancellation()
            drafts[index].observations = try observations(of: drafts[index])
            drafts[index].actions = try actions(of: drafts[index])
        }
        let numbers = try store.numbers()
        return drafts.map { draft in
            Episode(
                identifier: draft.outline.identifier,
                observationSource: draft.parts.first?.source ?? .jointPositions,
                observationWidth: draft.observationWidth,
                actionWidth: draft.actionWidth,
                observations: numbers.stretch(draft.observations),
                actions: numbers.stretch(draft.actions),
                trainable: draft.parts.flatMap(\.trainable)
            )
        }
    }

    private func drafts(of outlines: [EpisodeOutline]) -> [Draft] {
        outlines.map { outline in
            let own = outline.parts.filter { $0 < parts.count }.map { parts[$0] }
            return Draft(outline: outline, parts: own.filter { !$0.trainable.isEmpty })
        }
    }

    /// - Throws: `episode_schema` for a step without a text in an episode without one.
    private mutating func observations(of draft: Draft) throws -> Range<Int> {
        let pieces = draft.parts.flatMap(\.observations.stored).map(Piece.stored)
        guard columns.input == .text else { return try join(pieces, width: draft.observationWidth) }
        let identifier = draft.outline.identifier
        let text = try columns.tokens(ofEpisode: identifier, draft.outline.instruction)
        var stepCount = 0
        var firstUntold: Int?
        for part in draft.parts {
            firstUntold = firstUntold ?? part.firstUntold.map { stepCount + $0 }
            stepCount += part.trainable.count
        }
        guard let firstUntold else { return try join(pieces, width: draft.observationWidth) }
        guard let text else {
            let message = "no language_instruction, and none in metadata.json"
            throw TrainingError(.episodeSchema, "\(identifier), step \(firstUntold): \(message)")
        }
        return try join(pieces, width: draft.observationWidth) { rows in
            for start in stride(from: 0, to: rows.count, by: text.count) where rows[start] == 0 {
                rows.replaceSubrange(start..<start + text.count, with: text)
            }
        }
    }

    private mutating func actions(of draft: Draft) throws -> Range<Int> {
        let width = draft.actionWidth
        let pieces = draft.parts.flatMap { part -> [Piece] in
            let stepsAhead = part.actionWidth > 0 ? part.stepsAhead : part.trainable.count
            return [.zeros(stepsAhead * width)] + part.actions.stored.map(Piece.stored)
        }
        return try join(pieces, width: width)
    }

    /// Where the pieces are in one stretch: where they lie already, or behind all others.
    ///
    /// - Parameter edit: Changes rows of that width; nil where they stay as they are.
    private mutating func join(
        _ pieces: [Piece],
        width: Int,
        edit: ((inout [Float]) -> Void)? = nil
    ) throws -> Range<Int> {
        let pieces = Self.merged(pieces)
        if edit == nil, pieces.count <= 1 {
            switch pieces.first {
            case .stored(let stretch)?: return stretch
            case nil: return 0..<0
            case .zeros?: break
            }
        }
        let start = store.count
        for piece in pieces {
            switch piece {
            case .stored(let stretch): try store.move(stretch, width: width, edit: edit ?? { _ in })
            case .zeros(let count): try store.append(zeros: count)
            }
        }
        return start..<store.count
    }

    /// The pieces, with one in place of those that follow one another.
    private static func merged(_ pieces: [Piece]) -> [Piece] {
        var merged: [Piece] = []
        for piece in pieces {
            switch (merged.last, piece) {
            case (_, .zeros(0)): continue
            case (.stored(let last)?, .stored(let next)) where last.upperBound == next.lowerBound:
                merged[merged.count - 1] = .stored(last.lowerBound..<next.upperBound)
            default: merged.append(piece)
            }
        }
        return merged
    }
}
