public import ArgumentParser
public import Training

extension SessionLimit: ExpressibleByArgument {
    /// Reads the option's value.
    public init?(argument: String) { self.init(argument) }
}
