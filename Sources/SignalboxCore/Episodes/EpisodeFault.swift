/// Why a record or a line is no step.
struct EpisodeFault: Error {
    let code: EpisodeFinding.Code
    let message: String

    init(_ code: EpisodeFinding.Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
