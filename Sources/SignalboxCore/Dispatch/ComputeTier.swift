/// Compute that runs a trainer: this machine, a cluster, a cloud. `docs/adding-a-tier.md` shows a new one.
///
/// A run is found again by its name alone, whoever launched it: the name stands where the tier lists runs.
public protocol ComputeTier: Sendable {
    /// The tier's name in places, configs and documents: `local`.
    var name: String { get }

    /// Starts a run, or answers with the run of that name.
    ///
    /// - Returns: what the tier calls the run; with it alone the run is inspected and cancelled.
    /// - Throws: ``TierError``; `unreachable` where it is not known whether the run was started.
    func launch(_ order: RunOrder) async throws(TierError) -> String

    /// The handle of the run of that name; nil where there is none. Should there be several, one that lives, and of
    /// these the oldest: the end of another one is not the attempt's.
    ///
    /// - Parameter place: where it was to be launched.
    func find(_ runName: String, at place: Place) async throws(TierError) -> String?

    /// How a run is.
    func inspect(_ handle: String) async throws(TierError) -> RunState

    /// Stops a run and gives back all that it holds: machines, disks, queue entries. The trainer is asked first, so
    /// that it can checkpoint; cancelling again insists. One that is over or gone is no error.
    func cancel(_ handle: String) async throws(TierError)

    /// Every run of Signalbox's that still holds something, over or not.
    func runs() async throws(TierError) -> [TierRun]

    /// What an hour at a place costs in USD; nil where the table does not say.
    func price(of place: Place, in table: PriceTable) -> Double?
}

extension ComputeTier {
    /// As the table says.
    public func price(of place: Place, in table: PriceTable) -> Double? { table.usdPerHour(place) }
}
