public import GoogleCloud
public import SignalboxCore
public import Wire

/// Virtual machines of Compute Engine: a run is a machine of its own that deletes itself when its trainer has ended.
///
/// A place is `compute-engine[/ZONE[/MACHINE[/PROVISIONING]]]`; a machine is a machine type with accelerators behind a
/// plus: `n1-standard-8+nvidia-tesla-t4:1`. The machine has the run's name, which is unique in a zone; the handle is
/// its resource name.
///
/// Preemption deletes a Spot machine, and so does the run duration any machine. A machine that was turned off from
/// inside stays: so the machine deletes itself by the API, and where its account may not, turns itself off, and the
/// sweep deletes it. How its trainer ended is told by its ``ExitReports``, and by Compute Engine's list of what
/// happened to it.
public struct ComputeEngineTier: ComputeTier {
    /// The tier's name.
    public let name = "compute-engine"

    let service: ComputeEngine
    let container: TrainerContainer
    let locations: TierLocations
    let machines: ComputeEngineMachines
    let reports: ExitReports
    private let clock: any Clock

    /// A tier of its parts.
    public init(
        service: ComputeEngine,
        container: TrainerContainer,
        locations: TierLocations,
        machines: ComputeEngineMachines,
        reports: ExitReports,
        clock: any Clock
    ) {
        self.service = service
        self.container = container
        self.locations = locations
        self.machines = machines
        self.reports = reports
        self.clock = clock
    }

    /// The tier that the environment configures; nil where `SIGNALBOX_COMPUTE_ZONE` is not set.
    ///
    /// - Parameter endpoint: where the API is.
    /// - Throws: `ConfigurationError`.
    public static func configured(
        _ environment: Environment,
        google: GoogleCloudEnvironment,
        context: ServiceContext,
        endpoint: String = ComputeEngine.standardEndpoint
    ) throws(ConfigurationError) -> ComputeEngineTier? {
        guard let locations = try TierLocations(environment, "SIGNALBOX_COMPUTE_ZONE") else { return nil }
        let project = try google.requiredProject()
        let service = ComputeEngine(
            project: project,
            endpoint: endpoint,
            credentials: try google.credentials(context),
            context: context
        )
        return ComputeEngineTier(
            service: service,
            container: try TrainerContainer(environment),
            locations: locations,
            machines: try ComputeEngineMachines(environment),
            reports: try ExitReports(environment, objects: try google.storage(context)),
            clock: context.clock
        )
    }

    /// Orders a machine, and waits a little for what Compute Engine says of the order: that there is no capacity, or
    /// no quota, it mostly says within seconds.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        let name = try instanceName(order.name, in: try locations.location(of: order.place))
        let spec = try spec(order, as: name)
        if let handle = try await find(order.name, at: order.place) { return handle }
        // Names of runs are another deployment's too, whose order would be taken for this one.
        let requestID = RequestID.uuid(for: "\(container.deployment)/\(name)")
        let operation: ComputeOperation
        do throws(APIError) {
            operation = try await service.insert(spec, as: name, requestID: requestID)
        } catch {
            guard error.code == .alreadyExists else { throw TierError(error) }
            return try await adopt(name)
        }
        let failure = await settled(operation, on: name).failure
        guard let failure else { return name.description }
        guard failure.code != .alreadyExists else { return try await adopt(name) }
        let error = TierError(failure)
        // Compute Engine failed by itself: a second order would be the first one's repetition, so that the run is
        // lost, as its inspection shows.
        guard error.code != .unreachable else { return name.description }
        throw error
    }

    /// The machine that has the run's name, where it is this deployment's; one that is gone and has reported counts.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        let name = try instanceName(runName, in: try locations.location(of: place))
        guard let instance = try await instance(name) else {
            return try await reports.report(of: runName).map { _ in name.description }
        }
        return instance.labels[TrainerContainer.Label.run] == runName ? name.description : nil
    }

    /// How a run is: by its machine, its report, and what happened to the machine.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        let name = try Self.instanceName(handle)
        return try await state(of: try await instance(name), name)
    }

    /// Deletes the machine with its disk. Its shutdown script has the trainer write a checkpoint. A machine of another
    /// deployment's, which took the name when the run's was gone, is left alone.
    public func cancel(_ handle: String) async throws(TierError) {
        let name = try Self.instanceName(handle)
        do throws(APIError) {
            guard let instance = try await service.instance(name), isOurs(instance),
                instance.status != .deprovisioning
            else { return }
            try await service.delete(name)
        } catch {
            // It deleted itself between the two calls, or is about to be gone.
            guard error.code == .notFound || error.reason == "resourceNotReady" else { throw TierError(error) }
        }
    }

    /// The machines of this deployment, on or off, in all zones of the project.
    public func runs() async throws(TierError) -> [TierRun] {
        let instances = try await TierError.translating { () throws(APIError) in
            try await service.instances(label: TrainerContainer.Label.deployment, value: container.deployment)
        }
        var runs: [TierRun] = []
        // What the filter let pass is looked at again: a machine that is taken for a run may be deleted.
        for instance in instances where isOurs(instance) {
            guard let run = instance.labels[TrainerContainer.Label.run] else { continue }
            // One that cannot be told more of is still there, and hides no other.
            let state = (try? await state(of: instance, instance.name)) ?? .running
            runs.append(TierRun(name: run, handle: instance.name.description, state: state))
        }
        return runs
    }
}

extension ComputeEngineTier {
    /// Looks at an order before a launch is answered.
    private static let looksMax = 8
    /// From one look to the next.
    private static let lookSeconds = 2

    /// The operation when it is over, or when it was looked at often enough; it goes on by itself.
    private func settled(_ operation: ComputeOperation, on name: ResourceName) async -> ComputeOperation {
        var operation = operation
        for _ in 0..<Self.looksMax where !operation.isDone {
            guard (try? await clock.sleep(for: .seconds(Self.lookSeconds))) != nil,
                let next = try? await service.operation(operation.id, on: name)
            else { break }
            operation = next
        }
        return operation
    }

    /// The run of a name that is taken already.
    private func adopt(_ name: ResourceName) async throws(TierError) -> String {
        let instance = try await TierError.translating { () throws(APIError) in try await service.instance(name) }
        guard let instance else { throw TierError(.unreachable, "\(name) was there a moment ago: look again") }
        guard isOurs(instance) else {
            throw TierError(.invalidOrder, "\(name) is there already, and not of this deployment: use another project")
        }
        return name.description
    }

    /// The machine of a name, where it is this deployment's.
    private func instance(_ name: ResourceName) async throws(TierError) -> Instance? {
        let instance = try await TierError.translating { () throws(APIError) in try await service.instance(name) }
        return instance.flatMap { isOurs($0) ? $0 : nil }
    }

    private func isOurs(_ instance: Instance) -> Bool {
        instance.labels[TrainerContainer.Label.deployment] == container.deployment
    }

    private func instanceName(_ runName: String, in zone: String) throws(TierError) -> ResourceName {
        guard TrainerContainer.isRunName(runName), let name = service.instanceName(runName, in: zone) else {
            throw TierError(.invalidOrder, "\(runName) is no name of a run")
        }
        return name
    }

    private static func instanceName(_ handle: String) throws(TierError) -> ResourceName {
        guard let name = Instance.resourceName(handle) else {
            throw TierError(.invalidOrder, "\(handle) is not projects/P/zones/Z/instances/I")
        }
        return name
    }
}
