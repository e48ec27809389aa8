import CloudEvents
import FunctionServer
import Testing
import Wire

@Suite struct ServerConfigurationTests {
    @Test func defaultsAreThoseOfFunctions() throws {
        #expect(try ServerConfiguration(environment: [:]) == ServerConfiguration(host: "127.0.0.1", port: 8080))
        let cloud = try ServerConfiguration(
            environment: ["K_SERVICE": "gcs-upload", "PORT": "9000", "GOOGLE_CLOUD_PROJECT": "p"]
        )
        #expect(cloud == ServerConfiguration(host: "0.0.0.0", port: 9000, project: "p"))
    }

    @Test(arguments: ["", "http", "-1", "65536", "80 ", "+80", "8080.0"])
    func aPortThatIsNoneIsNamed(_ text: String) throws {
        let error = #expect(throws: ServerConfigurationError.self) {
            try ServerConfiguration(environment: ["PORT": text])
        }
        #expect(error?.variable == "PORT")
        #expect(error?.description.contains("\"\(text)\"") == true)
    }

    @Test func aStartThatCannotBeSaysWhy() async {
        let handler = ClosureHandler { _, _ in .done(nil) }
        func run(_ environment: [String: String], _ arguments: [String]) async -> Int32 {
            await FunctionServer.run(name: "test", environment: environment, arguments: arguments, handler: handler)
        }
        #expect(await run(["PORT": "x"], []) == FunctionServer.ExitCode.configuration)
        #expect(await run([:], ["--port"]) == FunctionServer.ExitCode.usage)
        #expect(await run([:], ["--event"]) == FunctionServer.ExitCode.usage)
        #expect(await run([:], ["--event", "/nowhere/event.json"]) == FunctionServer.ExitCode.unreadable)
    }

    @Test func environmentHasThePath() {
        #expect(ProcessEnvironment.current()["PATH"]?.isEmpty == false)
    }
}
