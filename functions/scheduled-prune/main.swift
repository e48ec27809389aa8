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
    let clock = SystemClock()
    let objects = try cloud.storage(context)
    let documents = try cloud.firestore(context)
    let layout = try settings.layout()
    let dispatch = try ConfiguredTiers.dispatch(
        environment,
        settings: settings,
        ConfiguredTiers.Surroundings(variables: variables, google: cloud, context: context)
    )
    let controller = JobController(
        ledger: JobLedger(documents: documents, policy: try settings.jobPolicy()),
        objects: objects,
        layout: layout,
        dispatch: dispatch,
        random: SystemRandomSource()
    )
    let pruner = Pruner(
        objects: objects,
        documents: documents,
        layout: layout,
        policy: try settings.retention(),
        clock: clock
    )
    exit(
        await FunctionServer.run(
            name: "scheduled-prune",
            environment: variables,
            arguments: Array(CommandLine.arguments.dropFirst()),
            handler: PruneHandler(
                pruner: pruner,
                sweeper: Sweeper(
                    objects: objects,
                    layout: layout,
                    documents: documents,
                    controller: controller,
                    dispatch: dispatch,
                    clock: clock
                ),
                expired: ExpiredDocuments(documents: documents, clock: clock)
            )
        )
    )
} catch {
    FileIO.writeLine("scheduled-prune: \(error)", to: STDERR_FILENO)
    exit(FunctionServer.ExitCode.configuration)
}
