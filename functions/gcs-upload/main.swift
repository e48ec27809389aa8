import FunctionServer
import Glibc
import GoogleCloud
import Handlers
import SignalboxCore
import Wire

let variables = ProcessEnvironment.current()
do {
    let settings = Settings(Environment(variables), readFile: FileIO.read)
    let cloud = try GoogleCloudEnvironment { variables[$0] }
    let context = ServiceContext(transport: HTTPClient())
    // A keyring's file that is of no use is a fault of the installation: better now than at the first package. Other
    // services are not asked before there is a package: a start does not depend on them.
    _ = try settings.keyringFile(clock: context.clock)
    let keyring = try settings.keyring(cloud, context)
    let intake = PackageIntake(
        objects: try cloud.storage(context),
        documents: try cloud.firestore(context),
        layout: try settings.layout(),
        keyring: keyring,
        receiptKey: try settings.privateKey("SIGNALBOX_RECEIPT_KEY"),
        limits: try settings.archiveLimits(),
        clock: context.clock
    )
    exit(
        await FunctionServer.run(
            name: "gcs-upload",
            environment: variables,
            arguments: Array(CommandLine.arguments.dropFirst()),
            handler: UploadHandler(intake: intake)
        )
    )
} catch {
    FileIO.writeLine("gcs-upload: \(error)", to: STDERR_FILENO)
    exit(FunctionServer.ExitCode.configuration)
}
