public import GoogleCloud
public import SignalboxCore
import Wire

/// Cloud Run jobs: a run is a job of its own with one execution of one task. For small training on processors alone.
///
/// A place is `cloud-run-job[/REGION[/SIZE]]`; a size is `4cpu-16Gi` (1, 2, 4, 6 or 8 processors, up to 4 GiB each),
/// which is also the size of places that name none. There is no spot. The handle is the job's resource name.
///
/// | variable | meaning |
/// |---|---|
/// | `SIGNALBOX_CLOUD_RUN_REGION` | the region; several with commas, the first for places that name none |
public struct CloudRunJobTier: ComputeTier {
    /// The longest time limit of a task (https://cloud.google.com/run/docs/configuring/task-timeout).
    public static let runSecondsMax = 7 * 86_400
    /// Letters of a job's id: with the end of an execution's name it must stay below 63.
    public static let jobIDLettersMax = 49

    /// The tier's name.
    public let name = "cloud-run-job"

    private let service: CloudRun
    private let container: TrainerContainer
    private let locations: TierLocations

    /// A tier of its parts.
    public init(service: CloudRun, container: TrainerContainer, locations: TierLocations) {
        self.service = service
        self.container = container
        self.locations = locations
    }

    /// The tier that the environment configures; nil where `SIGNALBOX_CLOUD_RUN_REGION` is not set.
    ///
    /// - Parameter endpoint: where the API is.
    /// - Throws: `ConfigurationError`.
    public static func configured(
        _ environment: Environment,
        google: GoogleCloudEnvironment,
        context: ServiceContext,
        endpoint: String = CloudRun.standardEndpoint
    ) throws(ConfigurationError) -> CloudRunJobTier? {
        guard let locations = try TierLocations(environment, "SIGNALBOX_CLOUD_RUN_REGION") else { return nil }
        let project = try google.requiredProject()
        let service = CloudRun(
            project: project,
            endpoint: endpoint,
            credentials: try google.credentials(context),
            context: context
        )
        return CloudRunJobTier(service: service, container: try TrainerContainer(environment), locations: locations)
    }

    /// Creates a job that executes once; the id follows from the run's name, so that the service makes it once.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        let spec = try self.spec(order)
        let name = try jobName(order.name, in: try locations.location(of: order.place))
        do throws(APIError) {
            try await service.create(spec, as: name)
        } catch {
            guard error.code == .alreadyExists else { throw TierError(error) }
            try await adopt(name, of: order.name)
        }
        return name.description
    }

    /// The job whose id follows from the run's name, where it is this deployment's.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        let name = try jobName(runName, in: try locations.location(of: place))
        let job = try await TierError.translating { () throws(APIError) in try await service.job(name) }
        guard let job, isOurs(job), job.labels[TrainerContainer.Label.run] == runName else { return nil }
        return name.description
    }

    /// How a run is, by its job's execution and that one's task.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        let name = try Self.jobName(handle)
        return try await TierError.translating { () throws(APIError) in
            // One of another deployment's is none of ours.
            guard let job = try await service.job(name), isOurs(job) else { return .gone }
            guard let executionName = job.executionName else { return RunState(unstarted: job) }
            guard let execution = try await service.execution(executionName) else { return RunState(job) }
            guard RunState.isFailure(execution) else { return RunState(execution, task: nil) }
            return RunState(execution, task: try await service.tasks(of: executionName).first)
        }
    }

    /// Cancels the execution: the trainer gets a SIGTERM, and ten seconds later Cloud Run kills it by itself. Once the
    /// execution is over, the job is deleted with all its executions.
    public func cancel(_ handle: String) async throws(TierError) {
        let name = try Self.jobName(handle)
        do throws(APIError) {
            guard let job = try await service.job(name), isOurs(job) else { return }
            if let executionName = job.executionName, let execution = try await service.execution(executionName),
                execution.completed == nil, !RunState.isFailure(execution)
            {
                // There is nothing to insist on, and a deletion would take what is left of the ten seconds away.
                guard !RunState.isBeingCancelled(execution) else { return }
                return try await service.cancel(executionName)
            }
            try await service.delete(name)
        } catch {
            // Somebody else deleted it between two calls.
            guard error.code == .notFound else { throw TierError(error) }
        }
    }

    /// The jobs of this deployment, over or not, in all regions of the tier.
    public func runs() async throws(TierError) -> [TierRun] {
        var runs: [TierRun] = []
        for region in locations.all {
            let jobs = try await TierError.translating { () throws(APIError) in try await service.jobs(in: region) }
            for job in jobs where isOurs(job) {
                guard let name = job.labels[TrainerContainer.Label.run] else { continue }
                runs.append(TierRun(name: name, handle: job.name.description, state: RunState(job)))
            }
        }
        return runs
    }

    /// As the table says, of the size that runs there.
    public func price(of place: Place, in table: PriceTable) -> Double? {
        table.usdPerHour(locations.whole(place, machine: CloudRunMachine.standard.text))
    }

    /// Makes sure that a name which is taken already is taken by the run.
    private func adopt(_ name: ResourceName, of runName: String) async throws(TierError) {
        let job = try await TierError.translating { () throws(APIError) in try await service.job(name) }
        guard let job else { throw TierError(.unreachable, "\(name) was there a moment ago: look again") }
        guard isOurs(job), job.labels[TrainerContainer.Label.run] == runName else {
            throw TierError(.invalidOrder, "\(name) is there already, and not of this deployment: use another project")
        }
    }

    private func isOurs(_ job: CloudRunJob) -> Bool {
        job.labels[TrainerContainer.Label.deployment] == container.deployment
    }

    /// The id is the run's name, or where that is too long its digest.
    private func jobName(_ runName: String, in region: String) throws(TierError) -> ResourceName {
        var id = runName
        if id.utf8.count > Self.jobIDLettersMax {
            id = String((RunOrder.prefix + SHA256.digest(of: runName).hex).prefix(Self.jobIDLettersMax))
        }
        guard TrainerContainer.isRunName(id), let name = service.jobName(id, in: region) else {
            throw TierError(.invalidOrder, "\(runName) is no name of a run")
        }
        return name
    }

    private static func jobName(_ handle: String) throws(TierError) -> ResourceName {
        guard let name = CloudRunJob.resourceName(handle) else {
            throw TierError(.invalidOrder, "\(handle) is not projects/P/locations/L/jobs/J")
        }
        return name
    }

    /// The job of an order.
    private func spec(_ order: RunOrder) throws(TierError) -> CloudRunJobSpec {
        guard order.place.provisioning == .onDemand else {
            throw TierError(.invalidOrder, "\(order.place): Cloud Run has no spot; leave it out")
        }
        guard let machine = order.place.machine.map({ CloudRunMachine($0) }) ?? .standard else {
            throw TierError(
                .invalidOrder,
                "\(order.place): a size is 4cpu-16Gi, with 1, 2, 4, 6 or 8 processors and up to 4 GiB for each"
            )
        }
        guard (1...Self.runSecondsMax).contains(order.runSecondsMax) else {
            throw TierError(.invalidOrder, "\(order.runSecondsMax) s is no time limit of Cloud Run's: 7 days at most")
        }
        return CloudRunJobSpec(
            labels: try container.labels(for: order),
            cpus: machine.cpus,
            memoryGiB: machine.memoryGiB,
            image: container.image,
            arguments: container.arguments(for: order),
            variables: container.variables,
            serviceAccount: container.serviceAccount,
            timeoutSeconds: min(order.machineSecondsMax, Self.runSecondsMax)
        )
    }
}
