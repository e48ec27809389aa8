import SignalboxCore

/// The code that a call refuses with; nil where it does not.
func refusalCode(_ body: () throws(Refusal) -> Void) -> RefusalCode? {
    do throws(Refusal) { try body() } catch { return error.code }
    return nil
}
