import Wire

/// The machine that tests run on.
public enum TestMachine {
    /// Whether this is continuous integration, where no test may be left out for want of a tool.
    public static let isCI = !(ProcessEnvironment.current()["CI"] ?? "").isEmpty
}
