import SignalboxCore
import Testing
import Wire

@testable import Training

@Suite("A job that cannot be trained fails") struct JobFailureTests {
    /// What is wrong, and what is said of it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: JobFailureCode
        let finer: TrainingError.Code
        /// What to do, or what would be allowed.
        let advice: String
        var config = JobConfig(epochs: 3, batchSize: 2, checkpointEverySteps: 5)
        var steps = EpisodeText.steps(8)
        var makeEngine: JobRun.EngineMaker = { config in
            let bundle = try ProgramBundle(
                model: config.modelType,
                preset: config.preset,
                in: "\(Repository.root)/Sources/Training/Programs"
            )
            return (CountingEngine(trainingLoss: { $0 == 4 ? .nan : 1 }), bundle)
        }
    }

    private static func steps(observation: [Double], action: [Double]?) -> String {
        (0..<8).map { EpisodeText.step($0, observation: observation, action: action) }.joined(separator: "\n") + "\n"
    }

    static let faults = [
        Fault(
            testDescription: "a package without actions",
            code: .noTrainableSteps,
            finer: .noTrainableSteps,
            advice: "record actions and upload again",
            steps: steps(observation: [1, 2], action: nil)
        ),
        Fault(
            testDescription: "a package that is too wide",
            code: .datasetInvalid,
            finer: .dimensionMismatch,
            advice: "the model takes up to 3 and 2: name a wider preset, or record fewer numbers and upload again",
            steps: steps(observation: [1, 2, 3, 4, 5], action: [1])
        ),
        Fault(
            testDescription: "a loss that is no number",
            code: .diverged,
            finer: .trainingDiverged,
            advice: "lower learning_rate"
        ),
        Fault(
            testDescription: "an unknown preset",
            code: .configInvalid,
            finer: .presetUnknown,
            advice: "wavecore has cloud, development, pi5",
            config: JobConfig(preset: "huge", batchSize: 2)
        ),
        Fault(
            testDescription: "a missing plugin",
            code: .engineFailed,
            finer: .pluginMissing,
            advice: "run deploy/local/fetch-plugin.sh",
            makeEngine: { _ in
                let bundle = try ProgramBundle(folder: Repository.programs)
                return (try XLAEngine(bundle: bundle, plugin: "/no/such/plugin.so"), bundle)
            }
        ),
    ]

    /// Where the message is a plugin's, or tells only what does not fit.
    private static let inOthersWords = [
        (TrainingError.Code.pluginFailed, "the plugin of this machine's device"),
        (.compileFailed, "deploy/local/fetch-plugin.sh"), (.executionFailed, "choose a smaller preset"),
        (.signatureMismatch, "from one release"), (.programDigestMismatch, "restore the folder of programs"),
    ].map { code, advice in
        Fault(
            testDescription: "words of others: \(code.rawValue)",
            code: .engineFailed,
            finer: code,
            advice: advice,
            makeEngine: { _ in throw TrainingError(code, "its own words") }
        )
    }

    @Test("with a code of the closed list, and says what to do", arguments: faults + inOthersWords)
    func fails(fault: Fault) async throws {
        let world = try await TrainerWorld(fault.config, steps: fault.steps)
        var ending = try await world.run(makeEngine: fault.makeEngine)
        // What another machine may not meet may cost attempts first.
        for number in 2...JobPolicy().attemptsMax {
            guard try await world.job().phase == .pending else { break }
            try await world.launch()
            ending = try await world.run(runner: "runner-\(number)", makeEngine: fault.makeEngine)
        }
        guard case .failed(let failure) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(failure.code == fault.code)
        #expect(failure.message.hasPrefix("\(fault.finer.rawValue): "), "\(failure.message)")
        #expect(failure.message.contains(fault.advice), "\(failure.message)")
        // The document has the end of the log too.
        let job = try await world.job()
        let log = try await world.log(attempt: job.attempt)
        #expect(log.last == failure.message)
        let told = try #require(job.failure)
        #expect(told.code == failure.code)
        let lines = told.message.split(separator: "\n").map(String.init)
        let before = log.dropLast().suffix(20)
        #expect(lines.first == failure.message && lines.count == before.count + 1, "\(lines)")
        #expect(zip(lines.dropFirst(), before).allSatisfy { $0.hasSuffix($1) }, "\(lines)")
        if fault.code == .diverged { #expect(!before.isEmpty, "\(lines)") }
    }
}
