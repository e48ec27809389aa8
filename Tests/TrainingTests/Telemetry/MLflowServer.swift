import Foundation
import Glibc
import Testing
import Wire

/// MLflow's own server, from PyPI, on a free port of loopback, with a folder of its own.
final class MLflowServer {
    let endpoint: String
    let python: String
    private let process: SpawnedProcess
    private let folder: TemporaryFolder

    /// Starts it and waits until it answers.
    init() async throws {
        python = try TrackerPython.path()
        folder = try TemporaryFolder()
        let port = try RawServer.freePort()
        endpoint = "http://127.0.0.1:\(port)"
        var environment = ProcessEnvironment.current()
        environment["HOME"] = folder.path
        let arguments = [
            python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "\(port)", "--workers", "1",
            "--backend-store-uri", "sqlite:///\(folder.path)/mlflow.db",
            "--artifacts-destination", "\(folder.path)/artifacts",
        ]
        process = try SpawnedProcess(arguments, environment: environment, endsGroup: true)
        let client = HTTPClient()
        for _ in 0..<1_800 {
            let request = HTTPRequest(url: endpoint + "/health", timeout: .seconds(5))
            if await (try? client.send(request))?.status == 200 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw FileIO.Failure(endpoint, "MLflow's server does not answer")
    }

    deinit { process.signalGroup(SIGKILL) }

    /// What a script says that asks MLflow's own client, `client`.
    func ask(_ script: String) throws -> String {
        let head = """
            import mlflow, warnings
            warnings.simplefilter("ignore")
            client = mlflow.MlflowClient("\(endpoint)")

            """
        return try Repository.run(python, ["-c", head + script])
    }
}

/// The Python that has MLflow and W&B's reader.
enum TrackerPython {
    static func path() throws -> String { try installed.get() }

    private static let installed = Result {
        let said = try Repository.run("/bin/sh", ["\(Repository.root)/Tests/python-env.sh", "trackers"])
        return try #require(said.split(separator: "\n").last.map(String.init))
    }
}
