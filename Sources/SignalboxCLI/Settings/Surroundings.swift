import SignalboxCore
import Wire

/// The variables a command works with: the process's own and, where those name no cloud, a local cloud's.
struct Surroundings: Sendable {
    /// Names a local cloud's folder.
    static let stateVariable = "SIGNALBOX_STATE"
    /// Where a local cloud lives unless something else is said.
    static let standardState = ".signalbox"

    /// Any of these names a cloud: a local one is then out of the question, or production would be half overridden.
    private static let cloudVariables = [
        "STORAGE_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS",
        "SIGNALBOX_STAGING_BUCKET", "SIGNALBOX_TRAINING_BUCKET",
    ]

    /// The variables by name.
    let variables: [String: String]
    /// The local cloud whose variables these are.
    let local: LocalState?

    /// The surroundings of this process.
    ///
    /// - Throws: ``CommandError`` where `SIGNALBOX_STATE` names a folder without a local cloud.
    static func current() throws -> Surroundings {
        let own = ProcessEnvironment.current()
        let named = own[stateVariable].flatMap { $0.isEmpty ? nil : $0 }
        guard named != nil || cloudVariables.allSatisfy({ own[$0, default: ""].isEmpty }) else {
            return Surroundings(variables: own, local: nil)
        }
        guard let state = try LocalState.read(folder: named ?? standardState) else {
            guard let named else { return Surroundings(variables: own, local: nil) }
            throw ConfigurationError(stateVariable, "names \(named), where no local cloud was started")
        }
        let merged = state.environment.merging(own) { local, given in given.isEmpty ? local : given }
        return Surroundings(variables: merged, local: state)
    }

    /// A cloud, a real or a local one, must have been named.
    ///
    /// - Throws: `ConfigurationError` that says how to get one.
    func requireCloud() throws(ConfigurationError) {
        guard local == nil, Self.cloudVariables.allSatisfy({ variables[$0, default: ""].isEmpty }) else { return }
        let hint = "and no local cloud was started in \(Self.standardState) (`signalbox local up` starts one)"
        throw ConfigurationError("GOOGLE_CLOUD_PROJECT", "is not set, \(hint)")
    }

    /// The variables behind typed access.
    var environment: Environment { Environment(variables) }
}
