import Glibc
import Testing
import Wire

@Suite struct StopSignalsTests {
    /// Nothing else in the tests' process has a use for SIGUSR2; what is asked for stays caught.
    @Test func noneIsLostFromTheFirstMomentOn() async throws {
        for _ in 0..<200 {
            let signals = try StopSignals([SIGUSR2], ignoredStayIgnored: false)
            kill(getpid(), SIGUSR2)
            #expect(await signals.next() == SIGUSR2)
        }
    }
}
