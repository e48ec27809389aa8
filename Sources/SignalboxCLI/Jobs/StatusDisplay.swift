import SignalboxCore
import Synchronization
import Wire

/// Shows a job as it moves: one line that is redrawn on a terminal, a line for each change elsewhere.
final class StatusDisplay: Sendable {
    private struct State {
        var shown: String?
        var isOpen = false
    }

    private let isJSON: Bool
    private let redraws: Bool
    private let state = Mutex(State())

    init(isJSON: Bool) {
        self.isJSON = isJSON
        redraws = !isJSON && Console.isDataInteractive && Console.isInteractive
    }

    /// Shows the job, if it changed.
    func show(_ job: Job) {
        let view = JobView(job: job)
        let text = isJSON ? view.json.serialized() : view.line
        state.withLock { state in
            guard text != state.shown else { return }
            state.shown = text
            guard redraws else { return Console.data(text) }
            Console.draw("\r\u{1B}[2K" + text)
            state.isOpen = true
        }
    }

    /// Ends the line.
    func finish() {
        state.withLock { state in
            if state.isOpen { Console.draw("\n") }
            state.isOpen = false
        }
    }
}
