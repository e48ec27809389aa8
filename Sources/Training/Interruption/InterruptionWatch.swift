import SignalboxCore
import Wire

/// Asks a provider again and again whether it will take the machine away, and has the run stop in time.
struct InterruptionWatch: Sendable {
    /// From one question to the next, seconds: with the longest answer, a notice is seen within 5 s.
    static let pollSeconds: Int64 = 2
    /// A server this close answers at once or is not there.
    static let answerSecondsMax: Int64 = 1
    /// Bytes of an answer.
    static let answerBytesMax = 64 << 10

    let notices: any InterruptionNotices
    let clock: any Clock
    let stop: StopSignal
    let warn: @Sendable (String) async -> Void

    /// Watches until there is a notice, or it is cancelled. A server that does not answer is asked on, told of once.
    func run() async {
        var isSilent = false
        while !Task.isCancelled {
            do {
                if let cause = try await notices.current() {
                    await warn("\(notices.provider) announces: \(cause.rawValue)")
                    return stop.request(cause)
                }
                isSilent = false
            } catch {
                if !isSilent, !Task.isCancelled {
                    await warn("\(notices.provider) cannot be asked for interruption notices: \(error)")
                }
                isSilent = true
            }
            do { try await clock.sleep(for: .seconds(Self.pollSeconds)) } catch { return }
        }
    }
}
