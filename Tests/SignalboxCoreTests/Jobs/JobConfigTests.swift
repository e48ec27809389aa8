import SignalboxCore
import Testing
import Wire

@Suite("Job configs")
struct JobConfigTests {
    static let full = JobConfig(
        modelType: "wavecore",
        modelName: "reach",
        epochs: 7,
        batchSize: 8,
        learningRate: 0.5,
        seed: 1 << 53,
        checkpointEverySteps: 10,
        tier: "local",
        spendMaxUSD: 12.5
    )
    static let ordinal = JobConfig(
        modelType: "ordinal",
        preset: "dense",
        classes: 2,
        labelPath: LabelPath("step_metadata.judge.grade") ?? .standard
    )

    @Test("come back as they were", arguments: [JobConfig.standard, full, ordinal])
    func roundTrip(config: JobConfig) throws {
        #expect(try JobConfig(JSONReader(config.json)) == config)
        #expect(try JobConfig(JSONReader(JSON(parsing: config.json.bytes))) == config)
    }

    @Test("are the standard where nothing is said")
    func empty() throws {
        #expect(try JobConfig(JSONReader([:])) == .standard)
        #expect(try JobConfig(JSONReader(["epochs": nil, "tier": nil])) == .standard)
    }

    @Test("take a whole number for a learning rate")
    func wholeLearningRate() throws {
        #expect(try JobConfig(JSONReader(["learning_rate": 1])).learningRate == 1)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let json: JSON
        let pointer: String
        var testDescription: String { json.serialized() }
    }

    static let bad = [
        Bad(json: [], pointer: ""),
        Bad(json: "wavecore", pointer: ""),
        Bad(json: ["epoch": 3], pointer: "/epoch"),
        Bad(json: ["model_type": "Wave Core"], pointer: "/model_type"),
        Bad(json: ["model_type": 7], pointer: "/model_type"),
        Bad(json: ["model_name": "../v1"], pointer: "/model_name"),
        Bad(json: ["epochs": 0], pointer: "/epochs"),
        Bad(json: ["epochs": 100_001], pointer: "/epochs"),
        Bad(json: ["epochs": 2.5], pointer: "/epochs"),
        Bad(json: ["epochs": "3"], pointer: "/epochs"),
        Bad(json: ["batch_size": 0], pointer: "/batch_size"),
        Bad(json: ["batch_size": 65_537], pointer: "/batch_size"),
        Bad(json: ["learning_rate": 0], pointer: "/learning_rate"),
        Bad(json: ["learning_rate": -0.1], pointer: "/learning_rate"),
        Bad(json: ["learning_rate": 10.5], pointer: "/learning_rate"),
        Bad(json: ["learning_rate": .double(.nan)], pointer: "/learning_rate"),
        Bad(json: ["seed": -1], pointer: "/seed"),
        Bad(json: ["seed": 9_007_199_254_740_993], pointer: "/seed"),
        Bad(json: ["checkpoint_every_steps": 0], pointer: "/checkpoint_every_steps"),
        Bad(json: ["classes": 1], pointer: "/classes"),
        Bad(json: ["classes": 1025], pointer: "/classes"),
        Bad(json: ["label_path": 7], pointer: "/label_path"),
        Bad(json: ["label_path": ""], pointer: "/label_path"),
        Bad(json: ["label_path": "reward."], pointer: "/label_path"),
        Bad(json: ["label_path": "a.b.c.d.e.f.g.h.i"], pointer: "/label_path"),
        Bad(json: ["tier": "Local!"], pointer: "/tier"),
        Bad(json: ["spend_max_usd": 0], pointer: "/spend_max_usd"),
        Bad(json: ["spend_max_usd": -1], pointer: "/spend_max_usd"),
        Bad(json: ["spend_max_usd": "5"], pointer: "/spend_max_usd"),
        Bad(json: ["spend_max_usd": .double(.infinity)], pointer: "/spend_max_usd"),
        Bad(json: ["spend_max_usd": .double(.nan)], pointer: "/spend_max_usd"),
    ]

    @Test("say which member is wrong", arguments: bad)
    func refused(bad: Bad) {
        do throws(JSONTypeError) {
            let config = try JobConfig(JSONReader(bad.json))
            Issue.record("read as \(config)")
        } catch {
            #expect(error.pointer == bad.pointer)
        }
    }

    @Test("say nothing of classes where they are as by default: jobs keep their names")
    func quietDefaults() {
        let names = JSONReader(JobConfig(modelType: "ordinal", preset: "dense").json).names
        #expect(!names.contains("classes") && !names.contains("label_path"))
        let said = JSONReader(Self.ordinal.json)
        #expect(said["classes"].value == 2 && said["label_path"].value == "step_metadata.judge.grade")
    }

    /// Worked out with Python's hashlib and `json.dumps(sort_keys=True)`.
    @Test("give the job its id, together with the package")
    func jobID() {
        let package = "pkg-a8dbac9d3593649aa80b7ffddabca61b"
        var config = JobConfig(
            modelType: "wavecore",
            epochs: 40,
            batchSize: 16,
            learningRate: 0.003,
            seed: 0,
            checkpointEverySteps: 50
        )
        #expect(JobID.derive(packageID: package, config: config) == "job-ebd1c9d2bbdc2da3f24a4c8c21e9e5bf")
        config.modelName = "reach"
        config.epochs = 7
        config.learningRate = 0.5
        config.tier = "local"
        #expect(JobID.derive(packageID: package, config: config) == "job-f27f8fa38e1c7778396f1571e97f908c")
    }
}
