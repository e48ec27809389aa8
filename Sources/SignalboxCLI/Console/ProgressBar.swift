import Synchronization
import Wire

/// How far something is: a bar that redraws itself on a terminal, a line at each quarter elsewhere, nothing when
/// silent.
final class ProgressBar: Sendable {
    private static let width = 28
    private static let drawSeconds = Duration.milliseconds(100)

    private struct State {
        var drawn: Timestamp?
        var quarter = 0
        var isOpen = false
    }

    private let label: String
    private let isSilent: Bool
    private let clock: any Clock
    private let state = Mutex(State())

    init(_ label: String, isSilent: Bool, clock: any Clock = SystemClock()) {
        self.label = label
        self.isSilent = isSilent
        self.clock = clock
    }

    /// So many bytes of all are done.
    func update(_ done: Int64, of total: Int64) {
        guard !isSilent else { return }
        let fraction = total > 0 ? Double(min(done, total)) / Double(total) : 1
        state.withLock { state in
            if Console.isInteractive {
                redraw(&state, fraction, done, total)
            } else if Int(fraction * 4) > state.quarter {
                state.quarter = Int(fraction * 4)
                Console.note("\(label) \(state.quarter * 25) % (\(Figures.bytes(done)) of \(Figures.bytes(total)))")
            }
        }
    }

    /// Nothing more comes: the line ends.
    func finish() {
        state.withLock { state in
            if state.isOpen { Console.draw("\n") }
            state.isOpen = false
        }
    }

    private func redraw(_ state: inout State, _ fraction: Double, _ done: Int64, _ total: Int64) {
        let now = clock.now()
        if let drawn = state.drawn, now - drawn < Self.drawSeconds, done < total { return }
        state.drawn = now
        state.isOpen = true
        let filled = Int(fraction * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let percent = "\(Int(fraction * 100))"
        let padding = String(repeating: " ", count: 3 - percent.count)
        Console.draw(
            "\r\u{1B}[2K\(label) \(bar) \(padding)\(percent) %  \(Figures.bytes(done))/\(Figures.bytes(total))"
        )
    }
}
