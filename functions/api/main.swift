import Glibc
import GoogleCloud
import Hummingbird
import SignalboxCore
import Wire

let variables = ProcessEnvironment.current()
do {
    let environment = SignalboxCore.Environment(variables)
    let port = try environment.int("PORT", in: 0...65_535, default: 8080)
    // A platform that sets K_SERVICE fronts the function; everywhere else it is not to be seen from outside.
    let host = environment.text("K_SERVICE") == nil ? "127.0.0.1" : "0.0.0.0"
    let cloud = try GoogleCloudEnvironment { variables[$0] }
    let documents = try cloud.firestore(ServiceContext(transport: HTTPClient()))
    let application = Application(
        router: Routes(documents: documents).router(),
        configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "signalbox-api")
    )
    try await application.runService()
} catch {
    FileIO.writeLine("api: \(error)", to: STDERR_FILENO)
    exit(78)
}
