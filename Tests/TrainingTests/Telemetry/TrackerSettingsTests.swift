import SignalboxCore
import Testing
import Wire

@testable import Training

@Suite("Trackers' settings") struct TrackerSettingsTests {
    struct Row: Sendable {
        let variables: [String: String]
        let endpoint: String
        let authorisation: String?
    }

    @Test(
        "take MLflow's own variables, and keep credentials out of the address",
        arguments: [
            Row(variables: [:], endpoint: "http://h:5000", authorisation: nil),
            Row(variables: ["MLFLOW_TRACKING_URI": "https://h/ml/"], endpoint: "https://h/ml", authorisation: nil),
            Row(variables: ["MLFLOW_TRACKING_TOKEN": "t"], endpoint: "http://h:5000", authorisation: "Bearer t"),
            Row(
                variables: ["MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"],
                endpoint: "http://h:5000",
                authorisation: "Basic dTpw"
            ),
            Row(
                variables: ["MLFLOW_TRACKING_URI": "http://u:p@h:5000/"],
                endpoint: "http://h:5000",
                authorisation: "Basic dTpw"
            ),
            // me@lab and a:b/%, then a name alone.
            Row(
                variables: ["MLFLOW_TRACKING_URI": "http://me%40lab:a%3ab%2F%25@h:5000"],
                endpoint: "http://h:5000",
                authorisation: "Basic " + Base64.encode(Array("me@lab:a:b/%".utf8))
            ),
            Row(
                variables: ["MLFLOW_TRACKING_URI": "http://u@h:5000"],
                endpoint: "http://h:5000",
                authorisation: "Basic " + Base64.encode(Array("u:".utf8))
            ),
        ]
    )
    func server(row: Row) throws {
        let variables = ["MLFLOW_TRACKING_URI": "http://h:5000"].merging(row.variables) { $1 }
        let settings = try #require(try MLflowSettings(Environment(variables)))
        #expect(settings.endpoint == row.endpoint)
        #expect(settings.authorisation == row.authorisation)
        #expect(settings.experiment == "signalbox")
    }

    @Test(
        "warn of a place that is no server, without a word of what may be a password",
        arguments: [
            "./mlruns", "sqlite:///m.db", "databricks", "http://", "http://u:secret@/", "http://a b/",
            "http://u:secret@x@h", "http://u:secret%@h", "http://u:secret%4@h", "http://u%zz:secret@h",
            "http://u:secret%ff@h",
        ]
    )
    func noServer(uri: String) throws {
        let error = #expect(throws: TrackerError.self) {
            try MLflowSettings(Environment(["MLFLOW_TRACKING_URI": uri]))
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("turn W&B on by its own mode")
    func wandb() throws {
        #expect(try WandBSettings(Environment([:])) == nil)
        #expect(try WandBSettings(Environment(["WANDB_MODE": "disabled"])) == nil)
        let named = ["WANDB_MODE": "offline", "WANDB_PROJECT": "arms", "WANDB_ENTITY": "lab"]
        #expect(try WandBSettings(Environment(named)) == WandBSettings(project: "arms", entity: "lab"))
        #expect(throws: TrackerError.self) { try WandBSettings(Environment(["WANDB_MODE": "online"])) }
    }

    @Test("that cannot be met cost a run one warning each")
    func unusable() async throws {
        var telemetry = Telemetry()
        let variables = ["MLFLOW_TRACKING_URI": "./mlruns", "WANDB_MODE": "online"]
        telemetry.addTrackers(Environment(variables), transport: HTTPClient())
        let world = try await TrainerWorld()
        let ending = try await world.run(telemetry: telemetry)
        guard case .completed = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let job = try await world.job()
        #expect(job.phase == .completed)
        #expect(telemetry.trackers.map(\.name).sorted() == ["MLflow", "W&B"])
        #expect(telemetry.wandb == nil)
    }

    @Test("fail by codes that docs/errors.md has, each")
    func documented() throws {
        let bytes = try FileIO.read("\(Repository.root)/docs/errors.md", bytesMax: 1 << 20)
        let text = String(decoding: bytes, as: UTF8.self)
        let missing = TrackerError.Code.allCases.map(\.rawValue).filter { !text.contains("`\($0)`") }
        #expect(missing.isEmpty, "\(missing)")
    }
}
