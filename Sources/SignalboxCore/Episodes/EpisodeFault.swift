/// Why a record or a line is no step.
struct EpisodeFault: Error {
    let code: EpisodeFinding.Code
    let message: String

    init(_ code: EpisodeFinding.Code, _ message: String) {
        self.code = code
        // What waits for its finding is no longer than that.
        self.message = message.prefix(utf8Bytes: EpisodeFinding.messageBytesMax)
    }
}
