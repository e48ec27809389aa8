import Testing
import Wire

extension EndToEnd {
    /// `signalbox simulate` as a process; what it says of a broken promise is seen where one can be broken.
    @Suite struct SimulateCommandTests {
        @Test func aSeedIsTracedStepByStep() async throws {
            let first = try await Self.simulate("--seed", "3", "--trace")
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.lines.count > 10)
            #expect(first.errors.hasPrefix("seed 3, "), "\(first.errors)")
            #expect(first.errors.contains("every promise was kept"), "\(first.errors)")
            let second = try await Self.simulate("--seed", "3", "--trace")
            #expect(second.output == first.output)
            let refused = try await Self.simulate("--seed", "3", "--trace", "--json")
            #expect(refused.status == 64)
        }

        @Test func aFewSchedulesAreCountedUp() async throws {
            let output = try await Self.simulate("--seed", "3", "--schedules", "5", "--json")
            #expect(output.status == 0, "\(output.errors)")
            let report = JSONReader(try JSON(parsing: output.output))
            #expect(report["schedules"].value == 5)
            #expect(report["failure"].value == .null)
        }

        private static func simulate(_ arguments: String...) async throws -> LocalStack.Output {
            try await LocalStack.Output(of: try Repository.program("signalbox"), ["simulate"] + arguments)
        }
    }
}
