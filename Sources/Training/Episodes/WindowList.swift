/// The windows of some episodes, one behind the other: four bytes each, whatever their number.
struct WindowList: RandomAccessCollection, Sendable {
    let startIndex = 0
    var endIndex: Int { starts.count }

    private let episodes: [Int]
    /// Of each episode the place behind its last window.
    private let ends: [Int]
    /// Of each window its first step.
    private let starts: [UInt32]

    /// - Parameter forEachStart: takes the first step of each window of an episode.
    init(
        of episodes: [Int],
        forEachStart: (_ episode: Int, _ take: (Int) -> Void) throws -> Void
    ) rethrows {
        var starts: [UInt32] = []
        var ends: [Int] = []
        for episode in episodes {
            try forEachStart(episode) { starts.append(UInt32($0)) }
            ends.append(starts.count)
        }
        self.episodes = episodes
        self.ends = ends
        self.starts = starts
    }

    subscript(position: Int) -> Dataset.Window {
        // The first episode that ends behind the window.
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > position { high = middle } else { low = middle + 1 }
        }
        return Dataset.Window(episode: episodes[low], start: Int(starts[position]))
    }
}
