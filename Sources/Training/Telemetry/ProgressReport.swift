import Wire

/// Tells now and then how far a run is.
struct ProgressReport {
    /// From one line to the next.
    static let everySeconds: Int64 = 10

    private var last: (step: Int, time: Timestamp)?

    /// What is to be told after a step, at the first one, the last one, and every ``everySeconds`` between.
    ///
    /// - Parameter total: steps of the whole run; a command may not say.
    mutating func line(
        step: Int,
        of total: Int?,
        loss: Double,
        attempt: Int,
        at now: Timestamp
    ) -> (message: String, members: JSON)? {
        guard let last else {
            self.last = (step, now)
            return make(step, total, loss, attempt, stepsPerSecond: nil)
        }
        let seconds = (now - last.time) / .seconds(1)
        guard step > last.step, step == total || seconds >= Double(Self.everySeconds) else { return nil }
        self.last = (step, now)
        let stepsPerSecond = seconds > 0 ? Double(step - last.step) / seconds : nil
        return make(step, total, loss, attempt, stepsPerSecond: stepsPerSecond)
    }

    private func make(
        _ step: Int,
        _ total: Int?,
        _ loss: Double,
        _ attempt: Int,
        stepsPerSecond: Double?
    ) -> (String, JSON) {
        let left = total.flatMap { total in stepsPerSecond.map { Double(max(total - step, 0)) / $0 } }
        var words = ["step \(step)" + (total.map { " of \($0)" } ?? "")]
        words.append("loss \(Self.rounded(loss))")
        if let stepsPerSecond { words.append("\(Self.rounded(stepsPerSecond)) steps/s") }
        if let left, left > 0 { words.append("\(Self.time(Int(left.rounded(.up)))) left") }
        words.append("attempt \(attempt)")
        let members: JSON = [
            "step": .integer(Int64(step)),
            "total_steps": total.map { .integer(Int64($0)) } ?? nil,
            "loss": .double(loss),
            "steps_per_second": stepsPerSecond.map(JSON.double) ?? nil,
            "eta_seconds": left.map(JSON.double) ?? nil,
        ]
        return (words.joined(separator: ", "), members)
    }

    /// Four digits that count, as people read them.
    static func rounded(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        var scale = 1.0
        while abs(value) * scale < 1000, scale < 1e12 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }

    /// `1 h 02 min`, `3 min 20 s`, `12 s`.
    static func time(_ seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds >= 3600 { return "\(seconds / 3600) h \(two(seconds / 60 % 60)) min" }
        return seconds >= 60 ? "\(seconds / 60) min \(two(seconds % 60)) s" : "\(seconds) s"
    }
}
