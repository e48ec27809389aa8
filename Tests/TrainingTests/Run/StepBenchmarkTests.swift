import Testing

@testable import Training

@Suite("The bench of steps") struct StepBenchmarkTests {
    private func shape(_ input: ModelInput, width: Int, _ target: ModelTarget) -> ModelShape {
        ModelShape(
            batchSize: 3,
            windowSteps: 2,
            windowStrideSteps: 1,
            input: input,
            observationWidth: width,
            target: target,
            targetWidth: 4
        )
    }

    @Test("feeds what the model takes: numbers and actions")
    func numbers() {
        let batch = StepBenchmark.noise(shape(.numbers, width: 100, .actions))
        #expect(batch.observations.allSatisfy { abs($0) <= 1 } && Set(batch.observations).count > 100)
        #expect(batch.targets.allSatisfy { abs($0) <= 1 } && Set(batch.targets).count > 5)
        let masks = batch.observationMask + batch.targetMask + batch.stepMask
        #expect(masks.allSatisfy { $0 == 1 })
    }

    @Test("feeds what the model takes: texts with an end, images, and one class a step")
    func classes() {
        let text = StepBenchmark.noise(shape(.text, width: 8, .classes))
        for (index, byte) in text.observations.enumerated() {
            #expect(index % 8 < 4 ? (1...256).contains(byte) : byte == 0)
        }
        let image = StepBenchmark.noise(shape(.image(height: 4, width: 4), width: 48, .classes))
        #expect(image.observations.allSatisfy { (0...255).contains($0) && $0 == $0.rounded() })
        #expect((image.observations.max() ?? 0) > 128)
        for batch in [text, image] {
            for step in batch.stepMask.indices {
                #expect(batch.targets[step * 4..<step * 4 + 4].sorted() == [0, 0, 0, 1])
            }
        }
    }

    @Test("tells the median of the steps after the first few")
    func times() async throws {
        let engine = CountingEngine()
        let times = try await StepBenchmark.run(engine, steps: 5, seconds: { 7 })
        #expect(times.medianSeconds == 0 && times.firstLossAtSeconds == 7)
        #expect(await engine.partCounts.count == 25)
    }
}
