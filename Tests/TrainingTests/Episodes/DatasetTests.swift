import SignalboxCore
import Testing

@testable import Training

@Suite struct DatasetTests {
    private let shape = ModelShape(
        batchSize: 2,
        windowSteps: 4,
        windowStrideSteps: 2,
        observationWidth: 3,
        targetWidth: 2
    )

    /// An episode of one observation and one action column, both counting up.
    private func episode(_ identifier: String, steps: Int, width: Int = 1, trainable: Bool = true) -> Episode {
        Episode(
            identifier: identifier,
            observationWidth: width,
            actionWidth: 1,
            observations: (0..<steps * width).map(Float.init),
            actions: (0..<steps).map(Float.init),
            trainable: Array(repeating: trainable, count: steps)
        )
    }

    @Test func splitsByEpisodeAndNeverLeavesASideEmpty() {
        for count in 2...40 {
            let names = (0..<count).map { "episode-\($0)" }
            let split = EpisodeSplit(identifiers: names, seed: 3)
            #expect(!split.training.isEmpty && !split.validation.isEmpty && split.isHeldOut)
            #expect((split.training + split.validation).sorted() == Array(0..<count))
        }
        #expect(EpisodeSplit(identifiers: ["only"], seed: 0) == EpisodeSplit(identifiers: ["only"], seed: 1))
        #expect(!EpisodeSplit(identifiers: ["only"], seed: 0).isHeldOut)
    }

    @Test func splitFollowsTheSeed() {
        let names = (0..<24).map { "episode-\($0)" }
        #expect(EpisodeSplit(identifiers: names, seed: 1) == EpisodeSplit(identifiers: names, seed: 1))
        #expect(EpisodeSplit(identifiers: names, seed: 1) != EpisodeSplit(identifiers: names, seed: 2))
    }

    @Test func trainingWindowsOverlapAndReachTheEnd() throws {
        let dataset = try Dataset(episodes: [episode("a", steps: 9), episode("b", steps: 9)], shape: shape, seed: 0)
        #expect(dataset.trainingWindows.map(\.start) == [0, 2, 4, 5])
        #expect(dataset.validationWindows.map(\.start) == [0, 4, 8])
        #expect(dataset.batchesPerEpoch(of: 2) == 2 && dataset.batchesPerEpoch(of: 4) == 1)
        let whole = dataset.trainingBatch(0, of: 4, in: [3, 2, 1, 0])
        let halves = (0..<2).flatMap { dataset.trainingBatch($0, of: 2, in: [3, 2, 1, 0]) }
        #expect(whole.count == 2 && whole == halves)
    }

    @Test func masksPaddingAndUnusedColumns() throws {
        let dataset = try Dataset(episodes: [episode("a", steps: 3)], shape: shape, seed: 0)
        let batch = try #require(dataset.trainingBatch(0, of: 2, in: dataset.order(epoch: 0)).first)
        #expect(batch.stepMask == [1, 1, 1, 0, 0, 0, 0, 0])
        #expect(batch.observationMask == [1, 0, 0, 0, 0, 0])
        #expect(batch.targetMask == [1, 0, 0, 0])
        #expect(batch.observations[9...].allSatisfy { $0 == 0 })
        #expect(batch.observations[0] < 0 && batch.observations[3] == 0 && batch.observations[6] > 0)
    }

    @Test func normalisesByTrainingStepsAlone() throws {
        let episodes = (0..<6).map { episode("e\($0)", steps: 4 + $0) }
        let dataset = try Dataset(episodes: episodes, shape: shape, seed: 5)
        let trained = episodes.filter { dataset.trainingEpisodes.contains($0.identifier) }.flatMap(\.actions)
        let mean = trained.map(Double.init).reduce(0, +) / Double(trained.count)
        let statistics = try #require(dataset.actionNormalisation)
        #expect(abs(statistics.mean[0] - mean) < 1e-12)
        #expect(dataset.validationEpisodes.count == 1)
    }

    @Test func cutsOutliersAndLeavesStillColumnsAlone() throws {
        let statistics = try Normalisation(rows: [[7, 0], [7, 2]], width: 2)
        #expect(statistics.mean == [7, 1] && statistics.spread == [1, 1])
        #expect(statistics.normalise(7, column: 0) == 0)
        #expect(statistics.normalise(1000, column: 1) == 10)
        #expect(statistics.normalise(-1000, column: 1) == -10)
    }

    @Test func baselineIsTheLossOfTheMeanAction() throws {
        // Both episodes are alike, so the variance of normalised actions on either side is 1.
        let dataset = try Dataset(episodes: [episode("a", steps: 9), episode("b", steps: 9)], shape: shape, seed: 0)
        #expect(abs(dataset.baselineLoss - 1) < 1e-6)
    }

    @Test func everyEpochTakesEveryWindowOnceInItsOwnOrder() {
        let orders = (0..<5).map { SplitMix64.order(count: 50, seed: 9, epoch: $0) }
        #expect(orders.allSatisfy { $0.sorted() == Array(0..<50) })
        #expect(Set(orders).count == 5)
        #expect(orders[3] == SplitMix64.order(count: 50, seed: 9, epoch: 3))
        // Another order would be another run: checkpoints count on this one.
        #expect(SplitMix64.order(count: 10, seed: 9, epoch: 3) == [0, 3, 2, 6, 4, 1, 8, 9, 7, 5])
    }

    @Test func splitMix64IsThePublishedOne() {
        var generator = SplitMix64(seed: 0)
        #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
        #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(generator.next() == 0x06C4_5D18_8009_454F)
    }

    @Test func refusesWhatCannotBeTrained() {
        let rows: [(TrainingError.Code, [Episode])] = [
            (.noTrainableSteps, []),
            (.noTrainableSteps, [episode("a", steps: 5, trainable: false)]),
            (.dimensionMismatch, [episode("a", steps: 5), episode("b", steps: 5, width: 2)]),
            (.dimensionMismatch, [episode("a", steps: 5, width: 4)]),
        ]
        for (code, episodes) in rows {
            let error = #expect(throws: TrainingError.self) { try Dataset(episodes: episodes, shape: shape, seed: 0) }
            #expect(error?.code == code)
        }
    }

    @Test func digestFollowsTheNumbers() throws {
        let first = try Dataset(episodes: [episode("a", steps: 5)], shape: shape, seed: 0)
        let same = try Dataset(episodes: [episode("a", steps: 5)], shape: shape, seed: 1)
        let other = try Dataset(episodes: [episode("a", steps: 6)], shape: shape, seed: 0)
        #expect(first.digest == same.digest)
        #expect(first.digest != other.digest)
    }
}
