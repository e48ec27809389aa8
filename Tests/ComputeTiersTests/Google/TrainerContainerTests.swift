import ComputeTiers
import SignalboxCore
import Testing
import Wire

@Suite struct TrainerContainerTests {
    private static let variables = [
        "GOOGLE_CLOUD_PROJECT": "robots",
        "SIGNALBOX_TRAINER_IMAGE": "us-docker.pkg.dev/p/r/trainer@sha256:0a",
        "SIGNALBOX_TRAINER_SERVICE_ACCOUNT": "trainer@robots.iam.gserviceaccount.com",
        "SIGNALBOX_MODEL_KEY": "projects/robots/secrets/model-key/versions/latest",
        "SIGNALBOX_TRAINING_BUCKET": "training",
        "SIGNALBOX_HEARTBEAT_SECONDS": "20",
    ]

    private func container(_ changes: [String: String?] = [:]) throws -> TrainerContainer {
        var variables: [String: String] = Self.variables
        for (name, value) in changes { variables[name] = value }
        return try TrainerContainer(Environment(variables))
    }

    private func problem(_ changes: [String: String?]) -> String? {
        do {
            _ = try container(changes)
            return nil
        } catch {
            return (error as? ConfigurationError)?.name
        }
    }

    @Test func handsOnWhatIsListedAndNothingElse() throws {
        let container = try container([
            "SIGNALBOX_RECEIPT_KEY": "/secrets/receipt", "SIGNALBOX_TRAINER": "/usr/bin/trainer", "PATH": "/bin",
            "GOOGLE_APPLICATION_CREDENTIALS": "/secrets/key.json",
        ])
        #expect(
            container.variables == [
                "GOOGLE_CLOUD_PROJECT": "robots", "SIGNALBOX_TRAINING_BUCKET": "training",
                "SIGNALBOX_HEARTBEAT_SECONDS": "20",
                "SIGNALBOX_MODEL_KEY": "projects/robots/secrets/model-key/versions/latest",
            ]
        )
    }

    @Test func handsOnWhatAllWhoWriteJobsAgreeAbout() throws {
        let names = Settings.policyVariableNames + Settings.archiveVariableNames + ["SIGNALBOX_SESSION_LIMIT"]
        let changes = Dictionary(uniqueKeysWithValues: names.map { ($0, String?("7")) })
        let variables = try container(changes).variables
        for name in names { #expect(variables[name] == "7", "\(name)") }
    }

    @Test(arguments: [
        "/secrets/model.pem", "302e020100300506032b6570", "projects/robots/secrets/model-key",
        "projects/robots/secrets/../versions/1/x", "projects/robots/secrets/../versions/1",
        "projects//secrets/k/versions/1", "projects/p/secrets/k/versions/1 ",
    ]) func refusesAModelKeyThatIsNoVersionOfASecretWithoutRepeatingIt(key: String) throws {
        #expect(problem(["SIGNALBOX_MODEL_KEY": key]) == "SIGNALBOX_MODEL_KEY")
        #expect { try container(["SIGNALBOX_MODEL_KEY": key]) } throws: { !"\($0)".contains(key) }
    }

    @Test func refusesWhatIsMissingOrMalformed() {
        for name in [
            "SIGNALBOX_TRAINER_IMAGE", "SIGNALBOX_TRAINER_SERVICE_ACCOUNT", "SIGNALBOX_MODEL_KEY",
            "SIGNALBOX_TRAINING_BUCKET",
        ] {
            #expect(problem([name: String?.none]) == name)
        }
        #expect(problem(["SIGNALBOX_TRAINER_IMAGE": "--privileged"]) == "SIGNALBOX_TRAINER_IMAGE")
        #expect(problem(["SIGNALBOX_TRAINER_IMAGE": "a b"]) == "SIGNALBOX_TRAINER_IMAGE")
        #expect(problem(["SIGNALBOX_TRAINER_SERVICE_ACCOUNT": "trainer"]) == "SIGNALBOX_TRAINER_SERVICE_ACCOUNT")
    }

    @Test func deploymentsAreToldApartByBucketAndPrefix() throws {
        let names = [
            try container().deployment,
            try container(["SIGNALBOX_PREFIX": "staging/"]).deployment,
            try container(["SIGNALBOX_TRAINING_BUCKET": "other"]).deployment,
        ]
        #expect(Set(names).count == 3)
        #expect(names.allSatisfy { $0.count == 16 && TrainerContainer.labelValue($0) == $0 })
        #expect(try container(["SIGNALBOX_HEARTBEAT_SECONDS": "30"]).deployment == names[0])
    }

    @Test func labelsHoldTheRunsNameAndAreOfLabelsLetters() throws {
        var order = try GoldenOrder().order("vertex")
        order.robotID = "Arm 7/" + String(repeating: "é", count: 40)
        let labels = try container().labels(for: order)
        #expect(labels["signalbox-run"] == order.name)
        #expect(labels["signalbox-attempt"] == "1")
        #expect(labels["signalbox-robot"]?.hasPrefix("arm_7_") == true)
        for (name, value) in labels {
            #expect(value.utf8.count <= 63 && TrainerContainer.labelValue(value) == value, "\(name)=\(value)")
        }
    }

    @Test(arguments: ["signalbox-Job-a1", "run-1", "signalbox-job_1-a1", "signalbox-", "signalbox-" + longTail])
    func refusesRunsThatCannotBeFoundAgain(name: String) throws {
        var order = try GoldenOrder().order("vertex")
        order.name = name
        #expect { try container().labels(for: order) } throws: { ($0 as? TierError)?.code == .invalidOrder }
    }

    private static let longTail = String(repeating: "a", count: 54)

    @Test func locationsAreAClosedList() throws {
        let environment = Environment(["ONE": "us-central1", "TWO": "us-west1,europe-west4", "BAD": "us-west1,,x"])
        #expect(try TierLocations(environment, "NONE") == nil)
        #expect(throws: ConfigurationError.self) { try TierLocations(environment, "BAD") }
        let two = try #require(try TierLocations(environment, "TWO"))
        #expect(two.all == ["us-west1", "europe-west4"])
        #expect(try two.location(of: Place(tier: "vertex")) == "us-west1")
        #expect(try two.location(of: Place(tier: "vertex", location: "europe-west4")) == "europe-west4")
        #expect { try two.location(of: Place(tier: "vertex", location: "us-central1")) } throws: {
            ($0 as? TierError)?.code == .invalidOrder
        }
    }
}
