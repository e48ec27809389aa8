import ComputeTiers
import SignalboxCore
import Testing
import Wire

/// The tier from environment variables.
@Suite struct SlurmConfigurationTests {
    private static let complete = [
        "SIGNALBOX_SLURM_URL": "http://slurm:6820/", "SIGNALBOX_SLURM_USER": "robots",
        "SIGNALBOX_SLURM_FOLDER": "/shared/runs", "SIGNALBOX_SLURM_TRAINER": "/shared/bin/trainer",
        "SIGNALBOX_TRAINING_BUCKET": "training",
    ]

    private func tier(
        _ changes: [String: String],
        _ server: ScriptedSlurm = ScriptedSlurm { _, _ in .jobs() }
    ) throws -> SlurmTier? {
        let variables = Self.complete.merging(changes) { $1 }
        return try SlurmTier.configured(
            environment: Environment(variables),
            variables: variables,
            transport: server,
            clock: HastyClock()
        )
    }

    @Test func withoutAURLThereIsNoTier() throws {
        #expect(try tier(["SIGNALBOX_SLURM_URL": "", "SIGNALBOX_SLURM_API": "nonsense"]) == nil)
    }

    @Test(arguments: [
        ("SIGNALBOX_SLURM_URL", "slurm:6820"), ("SIGNALBOX_SLURM_USER", ""), ("SIGNALBOX_SLURM_TOKEN_FILE", ""),
        ("SIGNALBOX_SLURM_API", "v0.0.37"), ("SIGNALBOX_SLURM_API", "v0.0.040"), ("SIGNALBOX_SLURM_API", "40"),
        ("SIGNALBOX_SLURM_FOLDER", "runs"), ("SIGNALBOX_SLURM_FOLDER", "/runs/%j"), ("SIGNALBOX_SLURM_TRAINER", ""),
        ("SIGNALBOX_TRAINING_BUCKET", ""),
    ])
    func aMalformedValueIsNamed(name: String, value: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try tier(["SIGNALBOX_SLURM_TOKEN_FILE": "/run/token"].merging([name: value]) { $1 })
        }
        #expect(error?.name == name)
    }

    @Test func theTrainerInheritsWhatItReadsAndNothingElse() async throws {
        let server = ScriptedSlurm { call, _ in
            call.line == "POST /job/submit" ? .json(["errors": [], "job_id": 12]) : .jobs()
        }
        try await SlurmSupport.withToken { folder in
            let tier = try #require(
                try tier(
                    [
                        "SIGNALBOX_SLURM_TOKEN_FILE": folder + "/token", "SIGNALBOX_SLURM_API": "v0.0.38",
                        "SIGNALBOX_HEARTBEAT_SECONDS": "2", "SIGNALBOX_RECEIPT_KEY": "/keys/receipt.pem",
                        "SIGNALBOX_MODEL_KEY": "/keys/model.pem",
                        "SIGNALBOX_SLURM_ENV_SIGNALBOX_MODEL_KEY": "/there.pem",
                        "SIGNALBOX_SLURM_ENV_LD_LIBRARY_PATH": "/cuda", "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
                        "GOOGLE_CLOUD_PROJECT": "demo", "PORT": "8080", "K_SERVICE": "job", "HOME": "/root",
                        "SECRET": "x", "MLFLOW_TRACKING_URI": "https://name:password@mlflow", "WANDB_PROJECT": "fleet",
                    ],
                    server
                )
            )
            _ = try await tier.launch(try SlurmSupport.order())
        }
        let submitted = try #require(server.calls.first { $0.line == "POST /job/submit" })
        #expect(submitted.url == "http://slurm:6820/slurm/v0.0.38/job/submit")
        let expected: JSON = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "SIGNALBOX_TRAINING_BUCKET": "training",
            "SIGNALBOX_HEARTBEAT_SECONDS": "2", "SIGNALBOX_MODEL_KEY": "/there.pem", "LD_LIBRARY_PATH": "/cuda",
            "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9", "GOOGLE_CLOUD_PROJECT": "demo",
            "WANDB_PROJECT": "fleet",
        ]
        #expect(submitted.body["job"]?["environment"] == expected)
    }
}
