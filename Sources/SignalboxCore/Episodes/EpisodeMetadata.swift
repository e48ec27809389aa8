import Wire

/// What the descriptions of a package's episodes say together, for its manifest.
struct EpisodeMetadata: EpisodeVisitor {
    /// The robots that the episodes name.
    private(set) var robots: Set<String> = []
    /// The environments that the episodes name.
    private(set) var environments: Set<String> = []
    private var software: [Manifest.Software] = []
    private var windows: [ClosedRange<Timestamp>] = []
    private var episodes = 0

    mutating func take(_ step: EpisodeStep, part: Int) {}

    /// Adds a description.
    mutating func describe(_ reader: JSONReader) throws(JSONTypeError) {
        episodes += 1
        if let robot = try reader["robot_id"].optional?.string() { robots.insert(robot) }
        if let environment = try reader["environment_id"].optional?.string() { environments.insert(environment) }
        let versions = reader["software"]
        if let runtime = try versions["continuon_brain_runtime"].optional?.string(),
            let app = try versions["continuon_ai_app"].optional?.string()
        {
            let found = Manifest.Software(continuonBrainRuntime: runtime, continuonAIApp: app)
            if !software.contains(found) { software.append(found) }
        }
        if let window = reader["capture_window_utc"].optional {
            let (start, end) = (try window["start"].timestamp(), try window["end"].timestamp())
            guard start <= end else { throw window.mismatch("start before end") }
            windows.append(start...end)
        }
    }

    /// What captured them all.
    ///
    /// - Throws: `softwareUnknown` where none says so or two differ.
    func commonSoftware() throws(PackageError) -> Manifest.Software {
        guard let first = software.first else {
            throw PackageError(
                .softwareUnknown,
                "no description names continuon_brain_runtime and continuon_ai_app: say what captured the episodes"
            )
        }
        guard software.count == 1 else {
            let versions = software.map { "\($0.continuonBrainRuntime)/\($0.continuonAIApp)" }.sorted()
            let list = versions.joined(separator: ", ")
            throw PackageError(.softwareUnknown, "captured by several versions (\(list)): make one package for each")
        }
        return first
    }

    /// From the first moment captured to the last: as the episodes say where every one does, else as their files' times
    /// do.
    func window(of folder: EpisodeFolder) -> ClosedRange<Timestamp>? {
        let starts: [Timestamp]
        let ends: [Timestamp]
        if episodes > 0, windows.count == episodes {
            (starts, ends) = (windows.map(\.lowerBound), windows.map(\.upperBound))
        } else {
            starts = folder.files.map(\.modified)
            ends = starts
        }
        guard let start = starts.min(), let end = ends.max() else { return nil }
        return start...end
    }
}
