import ComputeTiers
import FunctionServer
import Glibc
import GoogleCloud
import Handlers
import SignalboxCore
import Wire

let variables = ProcessEnvironment.current()
do {
    let environment = Environment(variables)
    let settings = Settings(environment, readFile: FileIO.read)
    let cloud = try GoogleCloudEnvironment { variables[$0] }
    let context = ServiceContext(transport: HTTPClient())
    let dispatch = try ConfiguredTiers.dispatch(
        environment,
        settings: settings,
        ConfiguredTiers.Surroundings(variables: variables, google: cloud, context: context)
    )
    let controller = JobController(
        ledger: JobLedger(documents: try cloud.firestore(context), policy: try settings.jobPolicy()),
        objects: try cloud.storage(context),
        layout: try settings.layout(),
        dispatch: dispatch,
        random: SystemRandomSource()
    )
    exit(
        await FunctionServer.run(
            name: "firestore-job",
            environment: variables,
            arguments: Array(CommandLine.arguments.dropFirst()),
            handler: JobHandler(controller: controller)
        )
    )
} catch {
    FileIO.writeLine("firestore-job: \(error)", to: STDERR_FILENO)
    exit(FunctionServer.ExitCode.configuration)
}
