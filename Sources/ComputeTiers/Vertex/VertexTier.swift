public import GoogleCloud
public import SignalboxCore

/// Vertex AI's custom training: a run is a `CustomJob` of one worker.
///
/// A place is `vertex[/REGION[/MACHINE[/PROVISIONING]]]`; a machine is a machine type of Compute Engine's, with one
/// type of accelerators in Compute Engine's spelling: `g2-standard-8+nvidia-l4:1`. The handle is the job's resource
/// name.
///
/// The API gives a job its id, so two launches of one name at the same moment make two jobs: each launcher looks again
/// behind its order, and the one whose job is the younger cancels it.
///
/// | variable | meaning |
/// |---|---|
/// | `SIGNALBOX_VERTEX_REGION` | the region; several with commas, the first for places that name none |
/// | `SIGNALBOX_VERTEX_MACHINE` | the machine of places that name none |
public struct VertexTier: ComputeTier {
    /// The longest time limit of a job (https://cloud.google.com/vertex-ai/docs/quotas#custom-trained_models).
    public static let runSecondsMax = 28 * 86_400

    /// The tier's name.
    public let name = "vertex"

    private let service: VertexAI
    private let container: TrainerContainer
    private let locations: TierLocations
    private let machine: String?

    /// A tier of its parts.
    ///
    /// - Parameter machine: the machine of places that name none.
    public init(service: VertexAI, container: TrainerContainer, locations: TierLocations, machine: String?) {
        self.service = service
        self.container = container
        self.locations = locations
        self.machine = machine
    }

    /// The tier that the environment configures; nil where `SIGNALBOX_VERTEX_REGION` is not set.
    ///
    /// - Parameter endpoint: where the API is in place of each region's own address.
    /// - Throws: `ConfigurationError`.
    public static func configured(
        _ environment: Environment,
        google: GoogleCloudEnvironment,
        context: ServiceContext,
        endpoint: String? = nil
    ) throws(ConfigurationError) -> VertexTier? {
        guard let locations = try TierLocations(environment, "SIGNALBOX_VERTEX_REGION") else { return nil }
        let project = try google.requiredProject()
        let machine = environment.text("SIGNALBOX_VERTEX_MACHINE")
        if let machine, Place("vertex/-/\(machine)")?.machine != machine {
            throw ConfigurationError("SIGNALBOX_VERTEX_MACHINE", "is \"\(machine)\", which is no machine of a place")
        }
        let service = VertexAI(
            project: project,
            endpoint: endpoint,
            credentials: try google.credentials(context),
            context: context
        )
        let container = try TrainerContainer(environment)
        return VertexTier(service: service, container: container, locations: locations, machine: machine)
    }

    /// Creates a job, or answers with the one that carries the run's name; where two launchers did so at once, the
    /// older job stays.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        let region = try locations.location(of: order.place)
        let spec = try self.spec(order)
        if let handle = try await find(order.name, at: order.place) { return handle }
        let job = try await TierError.translating { () throws(APIError) in try await service.create(spec, in: region) }
        // The job is there: an error from here on must not hide that. It may be missing in the list for a moment, and
        // is compared all the same: else each of two launchers could take the other's job and cancel its own.
        guard let listed = try? await jobs(of: order.name, in: region), let first = Self.oldest(listed + [job]),
            first.name != job.name
        else { return job.name.description }
        try? await service.cancel(job.name)
        return first.name.description
    }

    /// The oldest job that carries the run's name and is not over, or else the oldest.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        let jobs = try await jobs(of: runName, in: try locations.location(of: place))
        let alive = jobs.filter { !CustomJob.State.final.contains($0.state) }
        return Self.oldest(alive.isEmpty ? jobs : alive)?.name.description
    }

    /// How a run is, by its job's state and error.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        let name = try Self.jobName(handle)
        let job = try await TierError.translating { () throws(APIError) in try await service.job(name) }
        return job.map { RunState($0) } ?? .gone
    }

    /// Cancels the job: the trainer gets a SIGTERM. A job that is over is a record and holds nothing.
    public func cancel(_ handle: String) async throws(TierError) {
        let name = try Self.jobName(handle)
        let job = try await TierError.translating { () throws(APIError) in try await service.job(name) }
        guard let job, !CustomJob.State.final.contains(job.state) else { return }
        do throws(APIError) {
            try await service.cancel(name)
        } catch {
            // It ended between the two calls.
            guard error.code == .preconditionFailed || error.code == .notFound else { throw TierError(error) }
        }
    }

    /// The jobs of this deployment that are not over, in all regions of the tier.
    public func runs() async throws(TierError) -> [TierRun] {
        let labels = [TrainerContainer.Label.deployment: container.deployment]
        var runs: [TierRun] = []
        for region in locations.all {
            for job in try await jobs(in: region, labels, areAlive: true) {
                guard let name = job.labels[TrainerContainer.Label.run] else { continue }
                runs.append(TierRun(name: name, handle: job.name.description, state: RunState(job)))
            }
        }
        return runs
    }

    /// As the table says, of the machine that runs there.
    public func price(of place: Place, in table: PriceTable) -> Double? {
        table.usdPerHour(locations.whole(place, machine: machine))
    }

    /// The jobs that carry a run's name, over or not.
    private func jobs(of runName: String, in region: String) async throws(TierError) -> [CustomJob] {
        let labels = [TrainerContainer.Label.run: runName, TrainerContainer.Label.deployment: container.deployment]
        return try await jobs(in: region, labels, areAlive: false)
    }

    /// The jobs with these labels: all of them, or those alone that are not over.
    private func jobs(
        in region: String,
        _ labels: [String: String],
        areAlive: Bool
    ) async throws(TierError) -> [CustomJob] {
        var terms = labels.sorted { $0.key < $1.key }.map { "labels.\($0.key)=\"\($0.value)\"" }
        if areAlive {
            terms += CustomJob.State.final.map(\.rawValue).sorted().map { "state!=\"\($0)\"" }
        }
        let filter = terms.joined(separator: " AND ")
        let jobs = try await TierError.translating { () throws(APIError) in
            try await service.jobs(in: region, filter: filter)
        }
        // What the filter let pass is looked at again: a job that is taken for a run may be cancelled.
        return jobs.filter { job in
            labels.allSatisfy { job.labels[$0.key] == $0.value }
                && !(areAlive && CustomJob.State.final.contains(job.state))
        }
    }

    private static func oldest(_ jobs: [CustomJob]) -> CustomJob? {
        jobs.min { left, right in
            guard let leftTime = left.created, let rightTime = right.created, leftTime != rightTime else {
                return left.name.description < right.name.description
            }
            return leftTime < rightTime
        }
    }

    private static func jobName(_ handle: String) throws(TierError) -> ResourceName {
        guard let name = CustomJob.resourceName(handle) else {
            throw TierError(.invalidOrder, "\(handle) is not projects/P/locations/L/customJobs/J")
        }
        return name
    }
}

extension VertexTier {
    /// The job of an order.
    private func spec(_ order: RunOrder) throws(TierError) -> CustomJobSpec {
        let place = locations.whole(order.place, machine: machine)
        guard let machineType = place.machineType else {
            throw TierError(.invalidOrder, "\(order.place) names no machine; set SIGNALBOX_VERTEX_MACHINE or name one")
        }
        guard place.accelerators.count <= 1, place.hasMachineAccelerators else {
            throw TierError(
                .invalidOrder,
                "\(order.place): a machine of Vertex AI's has one type of accelerators, written nvidia-l4:1"
            )
        }
        guard (1...Self.runSecondsMax).contains(order.runSecondsMax) else {
            throw TierError(.invalidOrder, "\(order.runSecondsMax) s is no time limit of Vertex AI's: 28 days at most")
        }
        return CustomJobSpec(
            displayName: order.name,
            labels: try container.labels(for: order),
            machineType: machineType,
            accelerators: place.accelerators.first.map { accelerator in
                // NVIDIA_L4 here is nvidia-l4 to Compute Engine, and in places.
                let letters = accelerator.type.map { $0 == "-" ? "_" : $0 }
                return CustomJobSpec.Accelerators(type: String(letters).uppercased(), count: accelerator.count)
            },
            image: container.image,
            arguments: container.arguments(for: order),
            variables: container.variables,
            serviceAccount: container.serviceAccount,
            isSpot: place.provisioning == .spot,
            timeoutSeconds: min(order.machineSecondsMax, Self.runSecondsMax)
        )
    }
}
