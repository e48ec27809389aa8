/// The episodes as the parts of all files make them.
extension EpisodeWalk {
    /// Parts that belong together.
    private struct Key: Hashable {
        let folder: String
        /// The id that the steps say.
        var identifier: String?
        /// The part that is an episode by itself.
        var part: Int?

        init(_ part: EpisodePart, number: Int) {
            folder = part.path.folder
            identifier = part.identifier
            if identifier == nil, part.path.kind == .file { self.part = number }
        }
    }

    /// Judges what can be told only at the end.
    ///
    /// - Returns: the episodes by their ids; those of one id once.
    public mutating func finish() -> [EpisodeOutline] {
        let groups = Dictionary(grouping: parts.indices) { Key(parts[$0], number: $0) }.values.map { group in
            group.sorted { left, right in
                let (first, second) = (parts[left].path.path, parts[right].path.path)
                return first == second ? left < right : first.utf8.lexicographicallyPrecedes(second.utf8)
            }
        }
        var outlines: [String: EpisodeOutline] = [:]
        for group in groups.sorted(by: { $0[0] < $1[0] }) {
            let outline = join(group)
            let path = parts[group[0]].path.path
            if outlines[outline.identifier] != nil {
                add(.episodeDuplicate, path, .file, "a second episode with the id \(outline.identifier)")
            } else {
                outlines[outline.identifier] = outline
            }
        }
        let filled = Set(parts.map(\.path.folder))
        // Where something could not be read, it may be what seems to be missing.
        let isReadable = report.errorCount == 0
        for folder in descriptions.keys.sorted() where isReadable && !filled.contains(folder) {
            add(.stepsMissing, EpisodePath.description(of: folder), .file, "no steps beside it")
        }
        if isReadable, parts.isEmpty, descriptions.isEmpty {
            add(.episodesMissing, "the package", .file, "no file holds an episode; record some and package again")
        }
        if outlines.count > limits.episodesMax {
            add(.episodesLimit, "the package", .file, "more than \(limits.episodesMax) episodes; split it")
        }
        return outlines.values.sorted { $0.identifier < $1.identifier }
    }

    private mutating func join(_ group: [Int]) -> EpisodeOutline {
        let members = group.map { parts[$0] }
        let filled = members.filter { $0.stepCount > 0 }
        let first = filled.first ?? members[0]
        let path = first.path.path
        let seen = filled.first { $0.observationWidth > 0 } ?? first
        let actionWidth = filled.lazy.map(\.actionWidth).first { $0 > 0 } ?? 0
        for (left, right) in zip(filled.dropLast(), filled.dropFirst()) {
            fit(right, behind: left, seen: seen, actionWidth: actionWidth)
        }
        if let index = filled.first?.firstIndex, index != 0 {
            add(.stepOrder, path, .file, "step_index starts at \(index), wanted 0")
        }
        checkDescription(of: members)
        if filled.isEmpty {
            add(.stepsMissing, path, .file, "an episode without steps")
        } else if filled.allSatisfy({ $0.actionWidth == 0 }) {
            add(.actionsMissing, path, .file, "no step of the episode has an action to learn from")
        }
        let instruction = members.lazy.compactMap(\.description?.instruction).first
        return EpisodeOutline(
            identifier: identifier(of: members),
            parts: group,
            instruction: instruction ?? descriptions[first.path.folder]?.instruction
        )
    }

    /// - Parameters:
    ///   - seen: the first part with numbers to see.
    ///   - actionWidth: of the first part with actions.
    private mutating func fit(_ part: EpisodePart, behind last: EpisodePart, seen: EpisodePart, actionWidth: Int) {
        let path = part.path.path
        if part.isStart || part.identifier != nil && part.firstIndex == 0 {
            let identifier = part.identifier ?? part.path.folder
            return add(.episodeDuplicate, path, .file, "a second episode with the id \(identifier)")
        } else if let found = part.firstIndex, let wanted = last.nextIndex, found != wanted {
            add(.stepOrder, path, .file, "step_index starts at \(found), wanted \(wanted)")
        }
        if part.observationWidth != 0, seen.observationWidth != 0, part.source != seen.source {
            let message = "observations from \(part.source.rawValue), wanted \(seen.source.rawValue)"
            add(.stepWidth, path, .file, message)
        } else if Self.differ(part.observationWidth, seen.observationWidth)
            || Self.differ(part.actionWidth, actionWidth)
        {
            add(.stepWidth, path, .file, "other widths than the episode's first file")
        }
        for clock in EpisodeClock.allCases where !part.firstTimes.isEmpty && !last.lastTimes.isEmpty {
            guard let now = part.firstTimes[clock.index], let before = last.lastTimes[clock.index], now < before else {
                continue
            }
            add(
                .timeOrder,
                path,
                .file,
                "\(clock.rawValue): begins \(before - now) ns before the file ahead of it ends"
            )
        }
        if last.hasTerminal { add(.terminalEarly, path, .file, "steps behind one with is_terminal") }
    }

    /// Whether two widths are known and not the same.
    private static func differ(_ left: Int, _ right: Int) -> Bool { left != 0 && right != 0 && left != right }

    private mutating func checkDescription(of members: [EpisodePart]) {
        let path = members[0].path
        let own = members.lazy.compactMap(\.description).first
        let shared = descriptions[path.folder]
        let file = EpisodePath.description(of: path.folder)
        guard own != nil || shared != nil else {
            // A reader of steps needs nothing of it where the file says which steps belong together.
            if isJudged || path.kind == .steps { add(.metadataMissing, path.path, .file, "there is no \(file)") }
            return
        }
        guard isJudged else { return }
        if own?.instruction ?? shared?.instruction == nil {
            let wanted = "/observation: wanted numbers, or a \(EpisodeStep.instruction)"
            for part in members { if let place = part.blind { add(.stepInvalid, part.path.path, place, wanted) } }
        }
        let given = (own?.given ?? []).union(shared?.given ?? [])
        let missing = EpisodeDescription.Required.allCases.filter { !given.contains($0) }.map(\.rawValue)
        guard !missing.isEmpty else { return }
        let names = missing.joined(separator: ", ")
        add(.metadataMissing, own == nil ? file : path.path, .file, "lacks \(names)")
    }

    private func identifier(of members: [EpisodePart]) -> String {
        let path = members[0].path
        if let own = members[0].identifier { return own }
        if let own = members.lazy.compactMap(\.description?.identifier).first { return own }
        guard path.kind == .file else { return descriptions[path.folder]?.identifier ?? path.folder }
        return members[0].ordinal == 0 ? path.path : "\(path.path)#\(members[0].ordinal)"
    }
}
